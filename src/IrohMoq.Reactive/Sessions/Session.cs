using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// moq-lite on one connection, both halves: serves what <see cref="Local"/> holds and keeps <see cref="Remote"/> in step with what the peer announces.
/// Live as soon as the connection is; over when the connection is over.
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing, and streams that end late may still look at its token.
internal sealed class Session
#pragma warning restore CA1001
{
    private readonly OriginProducer _remote;
    private readonly OneShot<TransportEnd> _ended;
    private readonly OneShot<bool> _drained;
    private readonly CancellationTokenSource _over = new();
    private int _started;

    internal Session(ITransportConnection connection, Turns turns, SessionLimits limits, ILogger logger)
    {
        if (!MoqVersions.TryFromAlpn(connection.Protocol, out var version))
            throw new MoqException(MoqErrorCode.UnknownAlpn, $"The connection speaks '{connection.Protocol}', which is no version of moq-lite that is known here.");
        Connection = connection;
        Turns = turns;
        Limits = limits;
        Log = logger;
        Version = version;
        RemoteName = connection.RemoteId.Length == 0 ? "(no id)" : Convert.ToHexStringLower(connection.RemoteId.Span[..5]);
        Local = new OriginProducer(turns);
        _remote = new OriginProducer(turns);
        Remote = _remote.Consume();
        _ended = new OneShot<TransportEnd>(turns);
        _drained = new OneShot<bool>(turns);
    }

    /// <summary>The connection below.</summary>
    internal ITransportConnection Connection { get; }

    /// <summary>What is announced to the peer.</summary>
    internal OriginProducer Local { get; }

    /// <summary>What the peer announces.</summary>
    internal OriginConsumer Remote { get; }

    /// <summary>How the connection ended. Never faults. What had arrived by then can still be read.</summary>
    internal Task<TransportEnd> Ended => _ended.Task;

    internal MoqVersion Version { get; }

    internal Turns Turns { get; }

    internal SessionLimits Limits { get; }

    internal ILogger Log { get; }

    /// <summary>The peer's id in its short form, for logs.</summary>
    internal string RemoteName { get; }

    /// <summary>Completes when the connection is over and every group stream that had arrived has been taken.</summary>
    internal Task StreamsDrained => _drained.WaitAsync();

    internal SubscriptionTable Subscriptions { get; } = new();

    /// <summary>Begins to serve and to announce. Once.</summary>
    internal void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            throw new InvalidOperationException("The session has been started already.");
        _ = RunAsync();
    }

    /// <summary>Closes the connection. The first close wins.</summary>
    internal void Close(MoqErrorCode code, string reason) => Connection.Close(code.Value, reason);

    private async Task RunAsync()
    {
        var streams = new PeerStreams(this, _over.Token);
        var running = Task.WhenAll(streams.AcceptBidiAsync(), AcceptUniAsync(streams), new AnnounceSubscriber(this, _remote).RunAsync());
        var end = await Connection.Closed.ConfigureAwait(false);

        // What has arrived is still delivered; whoever waits for something that can no longer come is told.
        _over.Cancel();
        _remote.Close(() => ClosedException(end));
        Local.Close(() => ClosedException(end));
        _ended.TrySet(end);
        await running.ConfigureAwait(false);
    }

    private async Task AcceptUniAsync(PeerStreams streams)
    {
        await streams.AcceptUniAsync().ConfigureAwait(false);
        _drained.TrySet(true);
    }

    /// <summary>What waits and later calls fail with after the end.</summary>
    internal static MoqSessionClosedException ClosedException(TransportEnd end) =>
        new(CodeOf(end), $"The session is over: {end}. Dial the peer again to go on.", end.IsRemote);

    private static MoqErrorCode CodeOf(TransportEnd end) => end.Cause switch
    {
        TransportEndCause.ClosedByApplication when end.Code <= uint.MaxValue => new MoqErrorCode((uint)end.Code),
        TransportEndCause.TimedOut => MoqErrorCode.Timeout,
        _ => MoqErrorCode.Transport,
    };
}
