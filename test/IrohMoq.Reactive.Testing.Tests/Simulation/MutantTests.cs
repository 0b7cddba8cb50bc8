using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The simulator finds a rule that is broken, says what is wrong, and with how little it happens.</summary>
public sealed class MutantTests
{
    public static IEnumerable<TestCaseData> Broken =>
    [
        Case(Mutants.RemovalByKey, "no leaked session"),
        Case(Mutants.ForgottenWaiter, "every waiter is completed in time"),
        Case(Mutants.UntoldFailure, "every waiter is completed in time"),
        Case(Mutants.ClosingBeforeOpening, "closing never precedes opening, for any observer"),
        Case(Mutants.LateComersToldNothing, "every live broadcast is visible to every connected peer"),
        Case(Mutants.NothingWithdrawn, "every live broadcast is visible to every connected peer"),
        Case(Mutants.UnreportedEnd, "no leaked session"),
    ];

    [TestCaseSource(nameof(Broken))]
    public void ABrokenRule_IsFoundAndReported(object rules, string invariant)
    {
        var options = new SimulationOptions { Rules = (MoqRules)rules };
        var found = Seeds.Run(seed => options with { Seed = seed }, static result => result.Violation is not null).Select(static result => result.Violation).OfType<SimulationViolation>().First();
        TestContext.Out.WriteLine(found);
        Assert.That(SimulationResult.Invariants, Does.Contain(found.Invariant));
        Assert.That(found.Invariant, Is.EqualTo(invariant));
        Assert.That(found.Program, Has.Count.InRange(1, 12), "it is shrunk to what it takes");
        Assert.That(found.LastLines, Is.Not.Empty);
        Assert.That(found.ToString(), Does.Contain($"seed {found.Seed}, {found.Peers} peers").And.Contain($"in step {found.Step}").And.Contain(found.Expected).And.Contain(found.Seen));

        var again = Simulation.Run(options with { Seed = found.Seed, Peers = found.Peers, Steps = found.Steps }).Violation!;
        Assert.That(again.ToString(), Is.EqualTo(found.ToString()), "the seed leads to it again");
    }

    private static TestCaseData Case(MoqRules rules, string invariant) => new TestCaseData(rules, invariant).SetArgDisplayNames(rules.Method.Name);
}
