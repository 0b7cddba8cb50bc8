using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// moq-lite on one connection, both halves: serves what <see cref="Local"/> holds and keeps the remote origin in step with what the peer announces.
/// Live from <see cref="Start"/> on; over when the connection is over.
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing, and streams that end late may still look at its token.
internal sealed class Session
#pragma warning restore CA1001
{
    private readonly Completion<TransportEnd> _ended;
    private readonly Completion<bool> _drained;
    private readonly CancellationTokenSource _over = new();
    private OriginProducer? _local;
    private int _announceStreams;
    private BidiStream? _firstStream;

    internal Session(ITransportConnection connection, Runtime runtime, SessionLimits limits, ILogger logger)
    {
        if (!MoqVersions.TryFromAlpn(connection.Protocol, out var version))
            throw new MoqException(MoqErrorCode.UnknownAlpn, $"The connection speaks '{connection.Protocol}', which is no version of moq-lite that is known here. Offer one of MoqProtocolHandler.Protocols when dialing.");
        Connection = connection;
        Runtime = runtime;
        Limits = limits;
        Log = logger;
        Version = version;
        RemoteName = connection.RemoteId.Length == 0 ? "(no id)" : Convert.ToHexStringLower(connection.RemoteId.Span[..5]);
        Carried = new SubscriptionCount(runtime);
        Subscriptions = new SubscriptionTable(Carried);
        Received = new ReceiveBudget(limits);
        Sending = new SendQueue(this);
        Served = new ServedTracks(runtime);
        _ended = new Completion<TransportEnd>(runtime);
        _drained = new Completion<bool>(runtime);
        _ = WatchAsync();
    }

    /// <summary>The session that this connection carries, which may go on without it; null until that is decided. Set before <see cref="Start"/>.</summary>
    internal ISessionHost? Host { get; set; }

    /// <summary>The connection below.</summary>
    internal ITransportConnection Connection { get; }

    /// <summary>What is announced to the peer. Only after <see cref="Start"/>.</summary>
    internal OriginProducer Local => _local!;

    /// <summary>How the connection ended. Never faults. What had arrived by then can still be read.</summary>
    internal Task<TransportEnd> Ended => _ended.Task;

    internal MoqVersion Version { get; }

    internal Runtime Runtime { get; }

    internal SessionLimits Limits { get; }

    internal ILogger Log { get; }

    /// <summary>The peer's id in its short form, for logs.</summary>
    internal string RemoteName { get; }

    /// <summary>Canceled when the connection is over.</summary>
    internal CancellationToken Over => _over.Token;

    /// <summary>Completes when the connection is over and every group stream that had arrived has been taken.</summary>
    internal Task StreamsDrained => _drained.WaitAsync();

    /// <summary>True once the peer has been told of a broadcast on this connection: a subscription may be on its way.</summary>
    internal bool HasAnnounced { get; set; }

    /// <summary>How many subscriptions run over this connection, in both directions.</summary>
    internal SubscriptionCount Carried { get; }

    internal SubscriptionTable Subscriptions { get; }

    /// <summary>What is kept for the local readers.</summary>
    internal ReceiveBudget Received { get; }

    /// <summary>The groups that wait to be sent.</summary>
    internal SendQueue Sending { get; }

    /// <summary>What the peer is subscribed to.</summary>
    internal ServedTracks Served { get; }

    /// <summary>Waits until the peer has opened a stream, which is kept for <see cref="AcceptBidiAsync"/>. Before <see cref="Start"/>.</summary>
    /// <param name="cancellationToken">Ends the wait; no stream is lost.</param>
    /// <exception cref="TransportClosedException">The connection ends first.</exception>
    internal async ValueTask WaitForStreamAsync(CancellationToken cancellationToken) => _firstStream = await Connection.AcceptBidiAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The peer's next stream in both directions.</summary>
    internal ValueTask<BidiStream> AcceptBidiAsync()
    {
        if (_firstStream is not { } first)
            return Connection.AcceptBidiAsync();
        _firstStream = null;
        return new(first);
    }

    /// <summary>Begins to serve and to announce. Once. Both sets may be shared with other connections to the same peer.</summary>
    /// <param name="local">What is announced to the peer.</param>
    /// <param name="remote">Where the peer's broadcasts go.</param>
    internal void Start(OriginProducer local, OriginProducer remote)
    {
        if (Interlocked.CompareExchange(ref _local, local, null) is not null)
            throw new InvalidOperationException("The session has been started already.");
        _ = RunAsync(remote);
    }

    /// <summary>Counts ANNOUNCE streams of the peer that begin or end.</summary>
    /// <returns>How many there are now.</returns>
    internal int CountAnnounceStreams(int change) => Interlocked.Add(ref _announceStreams, change);

    /// <summary>Closes the connection. The first close wins.</summary>
    internal void Close(MoqErrorCode code, string reason) => Connection.Close(code.Value, reason);

    /// <summary>Waits until what had arrived by the end of the connection is taken and every subscription is over. Returns at once if the session was never started: then nobody reads.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask WaitForReadersAsync(CancellationToken cancellationToken)
    {
        if (_local is null)
            return;
        await StreamsDrained.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Carried.WaitForNoneAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        var end = await Connection.Closed.ConfigureAwait(false);
        // What has arrived is still delivered; whoever serves the peer is told.
        _over.Cancel();
        _ended.TrySet(end);
    }

    private async Task RunAsync(OriginProducer remote)
    {
        using var streams = new PeerStreams(this, _over.Token);
        await Task.WhenAll(GuardAsync(streams.AcceptBidiAsync), GuardAsync(() => AcceptUniAsync(streams)), GuardAsync(new AnnounceSubscriber(this, remote).RunAsync)).ConfigureAwait(false);
    }

    /// <summary>Whatever fails that is not foreseen ends the session: one that is half deaf must not stay in anybody's table.</summary>
    private async Task GuardAsync(Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Log.SessionFailed(RemoteName, fault);
            Close(MoqErrorCode.Transport, "internal error");
        }
    }

    private async Task AcceptUniAsync(PeerStreams streams)
    {
        try
        {
            await streams.AcceptUniAsync().ConfigureAwait(false);
        }
        finally
        {
            _drained.TrySet(true);
        }
    }

    /// <summary>What waits and later calls fail with after the end.</summary>
    internal static MoqSessionClosedException ClosedException(TransportEnd end) =>
        new(CodeOf(end), $"The session is over: {end}. Dial the peer again to go on.", end.IsRemote);

    internal static MoqErrorCode CodeOf(TransportEnd end) => end.Cause switch
    {
        TransportEndCause.ClosedByApplication when end.Code <= uint.MaxValue => new MoqErrorCode((uint)end.Code),
        TransportEndCause.TimedOut => MoqErrorCode.Timeout,
        _ => MoqErrorCode.Transport,
    };
}
