using System.Reactive.Concurrency;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// Plays each role of recorded sessions of the Rust reference against its recorded peer: what this side sends, its streams and their ends,
/// and what its application observes must be as in the recording. See <see cref="Free"/> for what is not compared, and
/// <see cref="Differences"/> for what is different on purpose.
/// </summary>
public sealed class TranscriptTests
{
    /// <summary>
    /// The time for which the session is watched after the replay, so that nothing is missed that this side does too much.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    /// <summary>The time of a message to the other side, which is shorter than each pause of a script.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);

    /// <summary>The time of a message over a long way, in which the recorded peer sends up to thirty others.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(30);

    /// <summary>The time that a script may take after the replay.</summary>
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(1);

    private static IEnumerable<TestCaseData> Sessions() =>
        RecordedSession.All().Select(static session => new TestCaseData(session).SetArgDisplayNames(session.Name));

    [TestCaseSource(nameof(Sessions))]
    public void Session_IsPlayedAsRecorded(object recorded) => Play((RecordedSession)recorded, Short, isAtOnce: false);

    /// <summary>A message takes 30 ms: what this side sends is still on its way when the peer goes on.</summary>
    [TestCaseSource(nameof(Sessions))]
    public void SessionOverALongWay_IsPlayedAsRecorded(object recorded) => Play((RecordedSession)recorded, Long, isAtOnce: false);

    /// <summary>What the peer sends without having to wait for this side arrives at one instant.</summary>
    [TestCaseSource(nameof(Sessions))]
    public void SessionWhosePeerSendsAtOnce_IsPlayedAsRecorded(object recorded) => Play((RecordedSession)recorded, Short, isAtOnce: true);

    [TestCaseSource(nameof(Entries))]
    public void Difference_IsOneInSomeSession(object entry) =>
        Assert.That(RecordedSession.All().Any(session => ((Difference)entry).ApplyTo(new Expectation(session))), Is.True);

    private static IEnumerable<TestCaseData> Entries() =>
        Differences.All.Concat(Differences.AtOnce).Select(static entry => new TestCaseData(entry).SetArgDisplayNames(entry.Name));

    private static void Play(RecordedSession session, TimeSpan latency, bool isAtOnce)
    {
        var expectation = new Expectation(session);
        foreach (var difference in isAtOnce ? Differences.All.Concat(Differences.AtOnce) : Differences.All)
            difference.ApplyTo(expectation);
        var comparison = new Comparison(expectation);
        var network = new InMemoryNetwork(new HistoricalScheduler()) { Latency = latency };
        network.Run(() => RunAsync(network, expectation, comparison, isAtOnce), TimeSpan.FromMinutes(5));
        Assert.That(comparison.IsDifferent, Is.False, comparison.ToString);
    }

    private static async Task RunAsync(InMemoryNetwork network, Expectation expectation, Comparison comparison, bool isAtOnce)
    {
        var session = expectation.Session;
        var (ours, theirs) = await ConnectAsync(network, session);
        var peer = new ReplayedPeer(theirs, expectation, network.Runtime);
        var isCompared = false;
        var context = new ScriptContext(network, ours, session.IsDialer) { BeforeClose = CompareAsync };
        var script = session.IsPublisher
            ? new PublisherScript(context).RunAsync(expectation.Script)
            : new SubscriberScript(context, session.Version).RunAsync(expectation.Script);
        await (isAtOnce ? peer.ReplayAtOnceAsync() : peer.ReplayAsync());
        if (session.Events[^1].IsOurs)
        {
            context.OnReplayed();
        }
        else
        {
            await CompareAsync();
            peer.EndSession();
            context.OnReplayed();
        }

        using var limit = network.Runtime.Limit(ScriptLimit);
        try
        {
            await script.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            comparison.Add("the end of the script");
        }

        await network.Runtime.DelayAsync(Rest);
        comparison.Add(peer.Missing);
        comparison.Compare("datagrams", [.. session.Events.Where(static one => one is { IsOurs: true, Kind: RecordedEventKind.Datagram })
            .Select(static one => Convert.ToHexStringLower(one.Bytes))], peer.Datagrams);
        comparison.Compare("observations", expectation.Observations, context.Observations);
        if (session.Events[^1].IsOurs)
            comparison.Compare("close", [$"code {expectation.CloseCode}"], [$"code {peer.CloseCode}"]);

        async Task CompareAsync()
        {
            if (isCompared)
                return;
            isCompared = true;
            await network.Runtime.DelayAsync(Rest);
            peer.RecognizeAll();
            comparison.Compare(peer.Streams);
        }
    }

    private static async Task<(ITransportConnection Ours, ITransportConnection Theirs)> ConnectAsync(
        InMemoryNetwork network, RecordedSession session)
    {
        var (dialer, listener) = (network.AddEndpoint("dialer"), network.AddEndpoint("listener"));
        var protocol = $"moq-lite-0{(int)session.Version}";
        listener.Listen([protocol]);
        var accepting = listener.AcceptAsync().AsTask();
        var dialed = await dialer.ConnectAsync(listener.Address, [protocol]);
        var accepted = await accepting;
        return session.IsDialer ? (dialed, accepted) : (accepted, dialed);
    }
}
