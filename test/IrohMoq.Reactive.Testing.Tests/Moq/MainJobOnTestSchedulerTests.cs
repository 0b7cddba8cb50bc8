using System.Globalization;
using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// The main job as an application tests it: peers on an in-memory network with latency, jitter and bandwidth, under the real
/// TestScheduler.
/// </summary>
[NonParallelizable]
public sealed partial class MainJobOnTestSchedulerTests
{
    private const int Seed = 7;

    private static readonly string[] AlicesStory =
    [
        "session events: bob opens",
        "incoming: bob accepted",
        "has a subscriber",
        "session events: bob closes",
        "closings: bob Closed 77 'thank you' by the peer",
        "announced by bob complete",
        "session events complete",
        "closings complete",
        "incoming complete",
        "is shut down",
    ];

    private static readonly string[] BobsStory =
    [
        "session events: alice opens",
        "has a session with alice, moq-lite-06",
        "is subscribed to studio/main",
        "announced by alice: studio/main began",
        .. from g in Enumerable.Range(0, MainJob.Groups)
           from f in Enumerable.Range(0, MainJob.FramesPerGroup)
           select $"read studio/main {g}: group {g} frame {f}",
        "read studio/main to its end",
        "announced by alice: studio/main ended",
        "session events: alice closes",
        "closings: alice Closed 77 'thank you' by this side",
        "announced by alice complete",
        "session events complete",
        "closings complete",
        "incoming complete",
        "is shut down",
    ];

    [Test]
    public void BothPeers_SeeAllTheirEventsInOrderAndNoOthers()
    {
        var job = MainJob.Run(Seed);
        Assert.That(StoryOf("alice", job), Is.EqualTo(AlicesStory));
        Assert.That(StoryOf("bob", job), Is.EqualTo(BobsStory));
    }

    [Test]
    public void NothingIsLoggedAsWrong_AndNothingHappensAfterTheShutdown()
    {
        var job = MainJob.Run(Seed);
        Assert.That(job.Alarms, Is.Empty);
        Assert.That(job.Trace.Count, Is.EqualTo(job.LinesAtShutdown));
        Assert.That(job.Trace.Lines[^1], Does.EndWith("alice endpoint closed"));
    }

    [TestCase("bob has a session with", 40, Description = "One round trip.")]
    [TestCase(
        "bob is subscribed to",
        80,
        Description = "The dialer's confirmation and its interest go out together; the announcement comes back.")]
    [TestCase(
        "bob read studio/main 0: group 0 frame 0", 120, Description = "One more round trip from the subscription to the first frame.")]
    public void EachStep_TakesTheLatencyOfItsRoundTrips(string step, int milliseconds)
    {
        var line = MainJob.Run(Seed, jitter: 0).Trace.Lines.First(line => line.Contains(step, StringComparison.Ordinal));
        Assert.That(
            TimeSpan.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture).TotalMilliseconds, Is.EqualTo(milliseconds).Within(0.5));
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTextAndNoUnobservedFailure()
    {
        using var unobserved = new UnobservedFailures();
        var story = Text(MainJob.Run(Seed));
        if (AnotherProcess.IsThis)
            Assert.That(unobserved.Collected(), Is.Empty);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    [Test]
    public void AnotherSeed_IsAnotherJitterAndNothingElse()
    {
        Assert.That(Text(MainJob.Run(Seed)), Is.Not.EqualTo(Text(MainJob.Run(Seed + 1))));
        // The ids by which announcements name their origins differ, and so do the hashes of the messages that contain them.
        Assert.That(
            WithoutHashes(Text(MainJob.Run(Seed, jitter: 0))), Is.EqualTo(WithoutHashes(Text(MainJob.Run(Seed + 1, jitter: 0)))));
    }

    private static string WithoutHashes(string text) => Hash().Replace(text, "");

    [GeneratedRegex(" [0-9a-f]{8}$", RegexOptions.Multiline)]
    private static partial Regex Hash();

    private static string Text(MainJob job)
    {
        Assert.That(job.Trace.Count, Is.LessThanOrEqualTo(NetworkTrace.MaxLines), "The text is the whole story.");
        return string.Join('\n', job.Trace.Lines);
    }

    /// <summary>Returns the lines that the application of a peer sees, without times, log lines and traffic.</summary>
    private static IEnumerable<string> StoryOf(string peer, MainJob job) =>
        job.Trace.Lines.Select(static line => line.Split(' ', 3)).Where(line => line[1] == peer).Select(static line => line[2])
            .Where(static what => !what.StartsWith("logs ", StringComparison.Ordinal) && !what.StartsWith("c1 ", StringComparison.Ordinal)
                && !what.StartsWith("is dialed", StringComparison.Ordinal) && what != "endpoint closed");
}
