namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>
/// Random programs in a harsh world: small windows and rings, huge groups, and slow and faulty readers, observers and peers.
/// </summary>
public sealed class HarshTests
{
    // moq simulate --harsh runs any number.
    private const int Count = 500;

    [Test]
    [CancelAfter(600_000)]
    public void ManySeeds_NothingIsViolated()
    {
        var results = Seeds.Run(Options, static result => result.Violation is not null, Count);
        Assert.That(results.Select(static result => result.Violation).FirstOrDefault(static violation => violation is not null), Is.Null);
        Assert.That(results, Has.Count.EqualTo(Count));

        var counts = results.SelectMany(static result => result.Counts.Keys).Distinct();
        Assert.That(Enum.GetNames<ManagerAction>().Select(static kind => $"step {kind}"), Is.SubsetOf(counts));
        // Reported late, the end of a connection finds its session waiting for a dial, and a dial finds its session over.
        Assert.That(new[] { "effect Park" }, Is.SubsetOf(counts));
    }

    /// <summary>
    /// Seeds that once led to a violation. 15, 34, 53 and 59: readers waited for one another's credit, so that one that stopped or was slow
    /// starved the healthy ones of its session, and a lossless track lost groups whose streams were reset. 41: a group that was dropped
    /// released its memory twice, and a writer failed. 76 and 125: the drop of groups beyond the newest one was reported to some readers
    /// only. 96, 130 and 162: what was in flight when a lossless publisher was asked to pause was more than the share, and its reader was
    /// cut off.
    /// </summary>
    [Test]
    [CancelAfter(60_000)]
    public void SeedThatOnceFailed_Holds([Values(15, 34, 53, 59, 41, 76, 96, 125, 130, 162)] int seed, [Values] bool isMixed) =>
        Assert.That(ManagerScenario.Run(Options(seed) with { IsMixed = isMixed }).Violation, Is.Null);

    /// <summary>
    /// Readers in each order, whose options change. Before the simulator fetched groups, these seeds found faults: a group that arrived
    /// before the start of a reading in sequence order was counted as -1 missed group (113); the newest group of a lossless track never
    /// reached a reader that skips old groups (81, see LosslessPassingTests); and the last group of a track was aborted
    /// before it was sent, of which a subscriber of an old version knows nothing (221). 237: a reader of every group of a lossless track
    /// joined one that skips old groups, and failed for a group that its publisher had skipped before (see LosslessJoinTests).
    /// </summary>
    [Test]
    [CancelAfter(60_000)]
    public void SeedOfReadersInEachOrder_Holds([Values(81, 113, 164, 221, 237)] int seed) =>
        Assert.That(ManagerScenario.Run(Options(seed)).Violation, Is.Null);

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var lines = Enumerable.Range(0, 10).Select(static seed => $"harsh seed {seed}: {ManagerScenario.Run(Options(seed)).TraceSha256}");
        var story = string.Join('\n', lines);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    [Test]
    public void HarshWorld_HasAnotherTrace()
    {
        var options = new ManagerOptions { Simulation = new SimulationOptions { Seed = 3, Shrink = false }, Peers = 4 };
        var harsh = ManagerScenario.Run(options with { Harsh = true });
        Assert.That(harsh.TraceSha256, Is.Not.EqualTo(ManagerScenario.Run(options).TraceSha256));
        Assert.That(harsh.Counts.Keys, Does.Contain("step WriteMany").And.Contain("step Read"));
    }

    private static ManagerOptions Options(int seed) =>
        new() { Harsh = true, Simulation = new SimulationOptions { Seed = seed, Shrink = false } };
}
