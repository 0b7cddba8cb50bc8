using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>
/// Random programs with several ways to each broadcast: publishers, relays and readers, of which links, sessions and peers are lost while
/// something is read.
/// </summary>
public sealed class RelayTests
{
    private const int Count = 60;
    private const int FrontCount = 40;

    [Test]
    [CancelAfter(600_000)]
    public void ManySeeds_NothingIsViolated()
    {
        var results = Seeds.Run(static seed => RelayScenario.Run(Options(seed)), static result => result.Violation is not null, Count);
        Assert.That(results.Select(static result => result.Violation).FirstOrDefault(static violation => violation is not null), Is.Null);
        Assert.That(results, Has.Count.EqualTo(Count));
        Assert.That(
            Enum.GetNames<RelayAction>().Select(static kind => $"step {kind}").Append($"event {nameof(MoqEvent.ReadingBegan)}"),
            Is.SubsetOf(results.SelectMany(static result => result.Counts.Keys).Distinct()));
    }

    /// <summary>Relays publish what they read by name to all peers, also to those that it comes from.</summary>
    [Test]
    [CancelAfter(600_000)]
    public void RelaysThatPublishFronts_NothingIsViolated()
    {
        var results = Seeds.Run(
            static seed => RelayScenario.Run(Options(seed) with { ForwardsFronts = true }),
            static result => result.Violation is not null,
            FrontCount);
        Assert.That(results.Select(static result => result.Violation).FirstOrDefault(static violation => violation is not null), Is.Null);
        Assert.That(results, Has.Count.EqualTo(FrontCount));
    }

    /// <summary>Seeds that have shown a fault.</summary>
    [TestCase(181, false, Description = "Two fronts of one content had the name in turn, because a relay was on probation meanwhile.")]
    [TestCase(338, false, Description = "As seed 181, with relays that change their own source.")]
    [TestCase(90, true, Description = "A relay preferred a longer way whose version has no costs, and so withdrew the shorter one.")]
    [TestCase(255, true, Description = "A content waited for the name at a relay, which was expected to forward it.")]
    [TestCase(276, true, Description = "Earlier groups were requested after a move, and a reader from before it counted only from there.")]
    [TestCase(1206, true, Description = "A reading up to a last group did not count what the publisher of a move did not keep.")]
    public void SeedThatHasShownAFault_NothingIsViolated(int seed, bool forwardsFronts)
    {
        var result = RelayScenario.Run(Options(seed) with { ForwardsFronts = forwardsFronts });
        Assert.That(result.Violation, Is.Null);
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var lines = Enumerable.Range(0, 4).Select(static seed => $"relays seed {seed}: {RelayScenario.Run(Options(seed)).TraceSha256}");
        var story = string.Join('\n', lines);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    private static RelayOptions Options(int seed) => new() { Simulation = new SimulationOptions { Seed = seed, Shrink = false } };
}
