using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Many peers with all that can happen between them: one seed is one story, in whatever process it is told.</summary>
[NonParallelizable]
public sealed partial class VillageTests
{
    private const int Seed = 1;
    private const string Killed = "p19";

    [Test]
    public void Faults_AreReportedToTheAffectedPeers_AndToNoOthers()
    {
        var village = Village.Run(Seed);
        var lines = village.Trace.Lines;
        Assert.That(lines, Has.Some.Contains("TimedOut").And.Some.Match(" gives p.. up: "), "The cuts were felt.");
        Assert.That(
            lines.Count(static line => line.EndsWith("to its end", StringComparison.Ordinal)),
            Is.GreaterThan(Village.Peers),
            "Most read what they came for.");
        foreach (var stream in new[] { "session events", "closings", "incoming" })
        {
            Assert.That(lines.Count(line => line.EndsWith($"{stream} complete", StringComparison.Ordinal)), Is.EqualTo(Village.Peers - 1));
            Assert.That(
                lines.Where(line => line.Contains($"{stream} failed", StringComparison.Ordinal)), Has.Exactly(1).Contains($" {Killed} "));
        }

        Assert.That(village.Alarms, Has.Exactly(1).Items.And.All.StartsWith($"{Killed} logs EndpointOver"));
        Assert.That(lines, Has.None.Contains(" missed "));
    }

    [Test]
    public void AfterTheShutdown_OnlyWhatIsStillUnderWayArrives()
    {
        var village = Village.Run(Seed);
        var after = village.Trace.Lines.TakeLast((int)(village.Trace.Count - village.LinesAtShutdown));
        Assert.That(after, Has.All.Match(OnTheWire()));
    }

    [Test]
    public void SameSeedInAnotherProcess_SameStory()
    {
        using var unobserved = new UnobservedFailures();
        var village = Village.Run(Seed);
        // The hash is over all lines, and the lines show the first difference of two runs.
        var story = string.Join('\n', village.Trace.Lines.Append(village.Trace.Sha256));
        if (AnotherProcess.IsThis)
            Assert.That(unobserved.Collected(), Is.Empty);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    [Test]
    public void ManySeeds_EachItsOwnStoryAndTheSameAgain()
    {
        const int Seeds = 5;
        var stories = new HashSet<string>();
        for (var seed = 2; seed < 2 + Seeds; seed++)
        {
            var story = Village.Run(seed).Trace.Sha256;
            Assert.That(Village.Run(seed).Trace.Sha256, Is.EqualTo(story), $"Seed {seed}.");
            stories.Add(story);
        }

        Assert.That(stories, Has.Count.EqualTo(Seeds));
    }

    [GeneratedRegex(@"^\S+ \S+ (c\d+ closed by the peer with \d+|is dialed by \S+)$")]
    private static partial Regex OnTheWire();
}
