using System.Reactive.Concurrency;
using System.Text.RegularExpressions;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>
/// Represents a session of one version that a hostile peer feeds on every kind of stream. The session publishes a broadcast, reads three
/// tracks of that of the peer, fetches two groups of a fourth one, and asks how fast the peer can send. Nothing fails but with the
/// exceptions of the protocol; malformed first messages end their stream or the session with the right code; memory stays in proportion to
/// what was sent; a session that is not closed still answers; nothing is left at the end.
/// </summary>
internal sealed partial class SessionFuzzTarget(MoqVersion version, bool isDialed)
{
    // A session with its network, its streams and its logs; a stream type that is refused; the buffers of messages that grow.
    private const int FixedAllocation = 2 << 20;
    private const int AllocationPerByte = 64;

    private const ulong LastSubscription = 123_456_789;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);
    private static readonly SessionLimits Limits = new() { Pool = new BlockPool(mostKept: 0) };

    public static IReadOnlyList<SessionFuzzTarget> All { get; } =
        [.. from version in MoqVersions.Known from isDialed in (bool[])[true, false] select new SessionFuzzTarget(version, isDialed)];

    public string Name => $"{version}/{(isDialed ? "dialed" : "dialing")}";

    public MoqVersion Version => version;

    /// <summary>Runs the steps.</summary>
    /// <returns>What has happened, without numbers. An input that makes something new happen has reached a new part of the
    /// session.</returns>
    public IReadOnlySet<string> Run(SessionStep[] steps)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var log = new SessionLog();
        var pool = new BlockPool(mostKept: 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var network = new InMemoryNetwork(new HistoricalScheduler())
            {
                Latency = TimeSpan.FromMilliseconds(1), TracesArrivals = false,
            };
            network.Run(() => RunAsync(network, steps, log, pool, seen));
        }
        catch (Exception fault) when (fault is not AssertionException)
        {
            throw new AssertionException($"{Describe(steps)} {fault}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Check(log.Faults.Count == 0, steps, string.Join('\n', log.Faults));
        var limit = FixedAllocation + (AllocationPerByte * steps.Sum(static step => step.Bytes.Length));
        Check(allocated <= limit, steps, $"{allocated} bytes");
        Check(pool.BytesOut == 0 && Limits.Pool.BytesOut == 0, steps, $"{pool.BytesOut} and {Limits.Pool.BytesOut} bytes are left");
        foreach (var line in log.Lines)
            seen.Add(Numbers().Replace(line, ""));
        return seen;
    }

    public override string ToString() => Name;

    private async Task RunAsync(InMemoryNetwork network, SessionStep[] steps, SessionLog log, BlockPool pool, HashSet<string> seen)
    {
        var (us, liar) = (network.AddEndpoint("us"), network.AddEndpoint("liar"));
        var (listener, dialer) = isDialed ? (us, liar) : (liar, us);
        listener.Listen([version.Alpn]);
        var accepting = listener.AcceptAsync();
        var dialed = await dialer.ConnectAsync(listener.Address, [version.Alpn]);
        var accepted = await accepting;
        var options = new MoqOptions { Scheduler = network.Scheduler, LoggerFactory = log, Limits = Limits };
        var session = isDialed ? MoqSession.Accept(accepted, options) : MoqSession.Connect(dialed, options);
        var hostile = isDialed ? dialed : accepted;

        using var broadcast = new BroadcastProducer(network.Runtime, pool);
        Publish(broadcast);
        session.Publish("a", broadcast);
        var reading = ReadAsync(network, session, seen);
        var peer = new HostilePeer(hostile, network.Runtime);
        peer.Begin();
        await peer.PlayAsync(steps);
        await network.Runtime.DelayAsync(Settling);
        var end = session.Closed.IsCompleted ? await session.Closed : null;
        var last = end is null ? await AskAsync(network, peer) : null;
        session.Close();
        var closed = await hostile.Closed;
        await reading;
        await peer.EndAsync();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        await hostile.DisposeAsync();
        broadcast.Abort(MoqErrorCode.Cancel);

        seen.Add($"session {end?.Code}");
        Check(end is not null || last is { FirstByte: 0, ResetWith: null }, steps, $"the session answers no more: {last?.ResetWith}");
        CheckCodes(steps, peer, end is null ? null : closed, seen);
    }

    private static void Publish(BroadcastProducer broadcast)
    {
        var track = broadcast.CreateTrack("t");
        for (var i = 0; i < 3; i++)
        {
            var group = track.AppendGroup();
            group.Write("hello"u8);
            if (i < 2)
                group.Finish();
        }
    }

    private async Task<OpenedStream> AskAsync(InMemoryNetwork network, HostilePeer peer)
    {
        var subscribe = new Subscribe(LastSubscription, "a", "t", new DeliveryTerms(StartGroup: 0));
        var bytes = new byte[subscribe.MaxEncodedSize];
        var asked = await peer.OpenBidiAsync(bytes[..subscribe.EncodeOpening(bytes, version)]);
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        return asked;
    }

    private static async Task ReadAsync(InMemoryNetwork network, MoqSession session, HashSet<string> seen)
    {
        using var limit = network.Runtime.Limit(TimeSpan.FromSeconds(12));
        try
        {
            using var rates = session.ReceiveRates().Subscribe(
                rate => seen.Add($"rate {rate.BytesPerSecond is not null} {rate.RoundTripTime is not null}"));
            await using var remote = await session.SubscribeAsync("x", limit.Token);
            var first = ReadAsync(remote.Track("u"), new SubscribeOptions { Order = GroupOrder.Sequence, MaxLatency = TimeSpan.Zero });
            var second = ReadAsync(remote.Track("t"), SubscribeOptions.Default);
            var fetches = FetchBothAsync(remote.Track("f"));
            // One reader waits for a group that does not exist, and the other one for the newest.
            var ahead = ReadAsync(remote.Track("v"), new SubscribeOptions { Start = GroupStart.From(9), End = 9 });
            var newest = ReadAsync(remote.Track("v"), SubscribeOptions.Default);
            foreach (var reading in (Task[])[fetches, first, second, ahead, newest])
                await reading;
        }
        catch (Exception failure) when (failure is MoqException or OperationCanceledException)
        {
            seen.Add($"subscription {failure.GetType().Name}");
        }

        async Task ReadAsync(TrackConsumer track, SubscribeOptions options)
        {
            try
            {
                await foreach (var group in track.ReadGroupsAsync(options, limit.Token))
                    await ReadGroupAsync(group);
                seen.Add($"{track.Name} to its end");
            }
            catch (Exception failure) when (failure is MoqException or OperationCanceledException)
            {
                seen.Add($"{track.Name} {Describe(failure)}");
            }
        }

        async Task FetchBothAsync(TrackConsumer track)
        {
            await FetchAsync(track, 0, FetchOptions.Default);
            await FetchAsync(track, 1, new FetchOptions { FirstFrame = 1 });
        }

        async Task FetchAsync(TrackConsumer track, ulong sequence, FetchOptions options)
        {
            try
            {
                using var group = await track.FetchAsync(sequence, options, limit.Token);
                var frames = 0;
                await foreach (var frame in group.ReadFramesAsync(limit.Token))
                    frames++;
                seen.Add($"fetched {Math.Min(frames, 4)} frames from frame {options.FirstFrame} on");
            }
            catch (Exception failure) when (failure is MoqException or OperationCanceledException)
            {
                seen.Add($"fetch {Describe(failure)}");
            }
        }

        async Task ReadGroupAsync(GroupConsumer group)
        {
            try
            {
                await foreach (var frame in group.ReadFramesAsync(limit.Token))
                    seen.Add(frame.Length == 5 ? "frame" : "other frame");
            }
            catch (MoqStreamException failure)
            {
                seen.Add($"group {Describe(failure)}");
            }
        }
    }

    /// <summary>
    /// Checks the codes of the streams whose first message is malformed. Which of several violations closes the session depends on the
    /// order, so that the code of the session is one of theirs.
    /// </summary>
    private void CheckCodes(SessionStep[] steps, HostilePeer peer, TransportEnd? end, HashSet<string> seen)
    {
        var closing = new List<ulong>();
        // Which of several is the first one depends on the order, so that no more is known than that the session has to end, if it has to.
        var hasTwoGoaways = peer.Opened.Count(stream => IsGoaway(stream) && !stream.IsReset) > 1;
        if (hasTwoGoaways && Violations.WrongGoaway(version) is { ClosesSession: true } wrong)
            closing.Add(StreamExtensions.ToCloseCode(wrong.Code, version));
        foreach (var stream in peer.Opened)
        {
            var isUni = stream.Receive is null;
            if (stream.IsReset || (IsGoaway(stream) && peer.Opened.Count(IsGoaway) > 1)
                || Violations.Find(isUni, stream.Sent.ToArray(), stream.IsFinished, version, isDialed) is not { } violation)
            {
                continue;
            }

            seen.Add($"{(isUni ? "uni" : "bidi")} {violation.Code} {violation.ClosesSession}");
            if (violation.ClosesSession)
            {
                closing.Add(StreamExtensions.ToCloseCode(violation.Code, version));
                continue;
            }

            var expected = StreamCodes.ToWire(WireCodes.ToWire(version, CodeSpace.Stream, violation.Code));
            if (end is null && isUni && stream.End is { Cause: not StreamEndCause.Acknowledged } ended)
                Check(ended == new StreamEnd(StreamEndCause.Stopped, expected), steps, $"{ended} where {violation.Code} is right");
            else if (end is null && !isUni)
                Check(stream.ResetWith == expected, steps, $"{stream.ResetWith} where {violation.Code} is right");
        }

        if (closing.Count > 0)
            Check(end is not null, steps, "the session is open after a violation that closes it");
        if (closing.Count > 0 && peer is { HasAnswered: false, Opened.Count: 1 })
            Check(end!.Code == closing[0], steps, $"{end} where {closing[0]} is right");
    }

    private bool IsGoaway(OpenedStream stream) => stream.Receive is not null && Violations.IsGoaway(stream.Sent.ToArray(), version);

    private void Check(bool holds, SessionStep[] steps, string seen)
    {
        if (!holds)
            throw new AssertionException($"{Describe(steps)} {seen}");
    }

    private string Describe(SessionStep[] steps) => $"Add this line to session-corpus.txt: {Name} {SessionStep.ToText(steps)}";

    // A code that the peer has chosen is nothing new.
    private static string Describe(Exception failure) =>
        Numbers().Replace($"{failure.GetType().Name} {(failure as MoqException)?.Code}", "");

    // Names that the peer has chosen are quoted, or are all that differs between two lines of the same event.
    [GeneratedRegex("[0-9]+|'[^']*'")]
    private static partial Regex Numbers();

    /// <summary>Collects what a session logs. What it logs as an error is a fault of the library.</summary>
    private sealed class SessionLog : ILoggerFactory, ILogger
    {
        public List<string> Faults { get; } = [];

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            (logLevel >= LogLevel.Error ? Faults : Lines).Add(
                eventId.Name is "Subscribed" or "PeerSubscribed" ? eventId.Name : $"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
