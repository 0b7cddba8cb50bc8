namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Each promise to readers that is broken is found in a harsh world, and reported with how little it takes.</summary>
public sealed class HarshMutantTests
{
    public static IEnumerable<TestCaseData> Broken =>
    [
        Case(HarshMutants.LostGroup, "a lossless reader gets every group whole, or is told that it does not"),
        Case(HarshMutants.Standstill, "a healthy reader reads on, whatever is beside it"),
        Case(HarshMutants.KeptMemory, "what is kept in memory is bounded by the options"),
        Case(HarshMutants.LeakedBlock, "no subscription, block or timer is left when all have left"),
        Case(HarshMutants.LeakedReader, "no subscription, block or timer is left when all have left"),
        Case(HarshMutants.LeakedTimer, "no subscription, block or timer is left when all have left"),
        Case(HarshMutants.KeptAfterBreak, "no subscription, block or timer is left when all have left"),
        Case(HarshMutants.DeafToTheEnd, "every waiter is completed in time"),
        Case(nameof(HarshMutants.NoResume), new SimulationOptions { Harsh = true, Flow = HarshMutants.NoResume }, "a healthy reader reads on, whatever is beside it"),
        Case(nameof(HarshMutants.WithheldAwaited), new SimulationOptions { Harsh = true, Flow = HarshMutants.WithheldAwaited }, "a healthy reader reads on, whatever is beside it"),
        Case(nameof(HarshMutants.UntoldMiss), new SimulationOptions { Harsh = true, Told = HarshMutants.UntoldMiss }, "what a reader gets and what it is told as skipped add up"),
        Case(nameof(HarshMutants.DoubledMiss), HarshMutants.DoubledMiss, "what a reader gets and what it is told as skipped add up"),
        Case(nameof(HarshMutants.UncountedMiss), HarshMutants.UncountedMiss, "what a reader gets and what it is told as skipped add up"),
    ];

    [TestCaseSource(nameof(Broken))]
    [CancelAfter(120_000)]
    public void ABrokenPromise_IsFoundAndReported(object broken, string invariant)
    {
        var options = (SimulationOptions)broken;
        var seed = Seeds.Run(seed => options with { Seed = seed, Shrinks = false }, result => result.Violation?.Invariant == invariant).First(result => result.Violation?.Invariant == invariant).Seed;

        var found = Simulation.Run(options with { Seed = seed }).Violation!;
        TestContext.Out.WriteLine(found);
        Assert.That(found.Invariant, Is.EqualTo(invariant), "the seed leads to it again");
        Assert.That(SimulationResult.Invariants, Does.Contain(found.Invariant));
        Assert.That(found.Program, Has.Count.InRange(1, 20), "it is shrunk to what it takes");
        Assert.That(found.ToString(), Does.Contain(found.Expected).And.Contain(found.Seen));
    }

    private static TestCaseData Case(string name, SimulationOptions options, string invariant) => new TestCaseData(options, invariant).SetArgDisplayNames(name);

    private static TestCaseData Case(ReadingFault fault, string invariant) =>
        new TestCaseData(new SimulationOptions { Harsh = true, ReadingFault = fault }, invariant).SetArgDisplayNames(fault.Method.Name);
}
