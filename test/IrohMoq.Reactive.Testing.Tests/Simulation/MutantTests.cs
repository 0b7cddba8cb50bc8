using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The simulator finds a rule of the manager that is broken on purpose, and reports it with a short program.</summary>
public sealed class MutantTests
{
    public static IEnumerable<TestCaseData> Broken =>
    [
        Case(Mutants.RemovalByPeer, ManagerInvariants.NoLeak),
        Case(Mutants.ForgottenWaiter, ManagerInvariants.EveryWaitEnds),
        Case(Mutants.UnreportedFailure, ManagerInvariants.EveryWaitEnds),
        Case(Mutants.ClosingBeforeOpening, ManagerInvariants.OpenedFirst),
        Case(Mutants.NoAnnouncementsToNewSessions, ManagerInvariants.AllVisible),
        Case(Mutants.NothingWithdrawn, ManagerInvariants.AllVisible),
        Case(Mutants.UnreportedEnd, ManagerInvariants.NoLeak),
    ];

    [TestCaseSource(nameof(Broken))]
    public void BrokenRule_IsFoundAndReported(object rules, string invariant)
    {
        var options = new ManagerOptions { Rules = (MoqRules)rules };
        var result = Seeds.Run(
            seed => options with { Simulation = new SimulationOptions { Seed = seed } }, static result => result.Violation is not null)
            .First(static result => result.Violation is not null);
        var found = result.Violation!;
        TestContext.Out.WriteLine(found);
        Assert.That(result.Invariants, Does.Contain(found.Invariant));
        Assert.That(found.Invariant, Is.EqualTo(invariant));
        Assert.That(found.Program, Has.Count.InRange(1, 12), "it is shrunk");
        Assert.That(found.LastLines, Is.Not.Empty);
        Assert.That(found.ToString(), Does.Contain($"seed {found.Seed}, {found.Scenario}").And.Contain($"in step {found.Step}"));
        Assert.That(found.ToString(), Does.Contain(found.Expected).And.Contain(found.Seen));

        var again = ManagerScenario.Run(
            options with { Simulation = new SimulationOptions { Seed = found.Seed, Steps = found.Steps } }).Violation!;
        Assert.That(again.ToString(), Is.EqualTo(found.ToString()), "the seed reproduces it");
    }

    private static TestCaseData Case(MoqRules rules, string invariant) =>
        new TestCaseData(rules, invariant).SetArgDisplayNames(rules.Method.Name);
}
