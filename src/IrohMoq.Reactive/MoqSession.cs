using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// A hold of the session with one peer: what it announces, and what is announced to it. All who dial one peer share its session, each by a handle of its own; handles of the same session are equal. Safe for any thread.
/// </summary>
/// <remarks>
/// <see cref="Close"/> ends the session for all. <see cref="DisposeAsync"/> gives back this hold: a session that this side alone has dialed is closed when nobody has held it for <see cref="MoqOptions.Linger"/>; one that the peer dialed
/// stays. Two peers that dial one another at once have one session all the same, and a hold of it lasts. The session that comes with an event is only to be looked at: it holds nothing.
/// </remarks>
public sealed class MoqSession : IAsyncDisposable, IEquatable<MoqSession>
{
    private readonly SharedSession _shared;
    private readonly Action<SharedSession>? _giveBack;
    private readonly bool _isHeld;
    private Task<SessionClosed>? _closed;
    private int _disposed;

    internal MoqSession(SharedSession shared, Action<SharedSession>? giveBack, bool isHeld = true)
    {
        _shared = shared;
        _giveBack = giveBack;
        _isHeld = isHeld;
    }

    /// <summary>The peer's id, verified by the transport; the default where the transport knows none.</summary>
    public EndpointId RemoteId => _shared.RemoteId;

    /// <summary>True if this side's dial opened the session.</summary>
    public bool IsOutbound => _shared.IsOutbound;

    /// <summary>The negotiated protocol, for example <c>moq-lite-03</c>.</summary>
    public string Protocol => Connection.Protocol;

    /// <summary>The connection below, for what it tells of itself. Do not use its streams, nor wait for its end: <see cref="Closed"/> is for that. After two peers have dialed one another at once it may be another one than before.</summary>
    public ITransportConnection Connection => _shared.Connection;

    /// <summary>Completes when the session is over, with how it ended. Never faults. One task for this handle: in virtual time only one place may await it.</summary>
    /// <remarks>The session that comes with an event gives a task of its own each time.</remarks>
    public Task<SessionClosed> Closed
    {
        get
        {
            if (Volatile.Read(ref _closed) is { } closed)
                return closed;
            closed = _shared.WhenClosedAsync();
            // The session of an event goes to many, who may all wait: each time it is asked gives a task of its own.
            if (!_isHeld)
                return closed;
            return Interlocked.CompareExchange(ref _closed, closed, null) ?? closed;
        }
    }

    /// <summary>What is announced to this peer: the broadcasts published for all, and those for this session only.</summary>
    public OriginProducer OriginProducer => _shared.Local;

    /// <summary>What this peer announces.</summary>
    public OriginConsumer OriginConsumer => _shared.Remote;

    internal SharedSession Shared => _shared;

    /// <summary>Begins a session on a connection that this side has dialed, without a <see cref="Moq"/>. In moq-lite-03 nothing is exchanged before it is live, so this returns at once.</summary>
    /// <param name="connection">The connection. The session closes and disposes it.</param>
    /// <param name="options">Clock and log; null for the defaults.</param>
    /// <param name="cancellationToken">Not begun if it is canceled already.</param>
    /// <returns>The session's only hold: disposing it closes the session.</returns>
    /// <exception cref="MoqException">The connection speaks no version of moq-lite that is known here.</exception>
    public static ValueTask<MoqSession> ConnectAsync(ITransportConnection connection, MoqOptions? options = null, CancellationToken cancellationToken = default) =>
        BeginAsync(connection, isOutbound: true, options, cancellationToken);

    /// <summary>Begins a session on a connection that the peer has dialed, without a <see cref="Moq"/>. In moq-lite-03 nothing is exchanged before it is live, so this returns at once.</summary>
    /// <param name="connection">The connection. The session closes and disposes it.</param>
    /// <param name="options">Clock and log; null for the defaults.</param>
    /// <param name="cancellationToken">Not begun if it is canceled already.</param>
    /// <returns>The session's only hold: disposing it closes the session.</returns>
    /// <exception cref="MoqException">The connection speaks no version of moq-lite that is known here.</exception>
    public static ValueTask<MoqSession> AcceptAsync(ITransportConnection connection, MoqOptions? options = null, CancellationToken cancellationToken = default) =>
        BeginAsync(connection, isOutbound: false, options, cancellationToken);

    /// <summary>Waits until the peer announces a broadcast of that name: the one that is live, otherwise the next one. One that has ended is never returned.</summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="cancellationToken">Ends the wait, and nothing else.</param>
    /// <exception cref="MoqSessionClosedException">The session is over, or ends while waiting.</exception>
    /// <exception cref="ObjectDisposedException">This hold has been given back.</exception>
    public async ValueTask<BroadcastConsumer> SubscribeAsync(BroadcastPath name, CancellationToken cancellationToken)
    {
        ThrowIfGivenBack();
        // A view of the caller's own: disposing it takes it from nobody else.
        return (await _shared.Remote.WaitAsync(name, cancellationToken).ConfigureAwait(false)).Producer.Consume();
    }

    /// <summary>The same as <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/>, without a token.</summary>
    /// <param name="name">The broadcast's name.</param>
    public ValueTask<BroadcastConsumer> SubscribeAsync(BroadcastPath name) => SubscribeAsync(name, CancellationToken.None);

    /// <summary>The same as <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/>, with an end to the wait: moq-lite-03 has no other way to tell that something will not come.</summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="timeout">How long to wait at most; zero looks once.</param>
    /// <param name="cancellationToken">Ends the wait, and nothing else.</param>
    /// <exception cref="MoqNotAnnouncedException">The peer has not announced it by then.</exception>
    /// <exception cref="MoqSessionClosedException">The session is over, or ends while waiting.</exception>
    /// <exception cref="ObjectDisposedException">This hold has been given back.</exception>
    public ValueTask<BroadcastConsumer> SubscribeAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfGivenBack();
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return WaitAsync(name, timeout, cancellationToken);
    }

    /// <summary>Publishes a broadcast to this peer only. A live broadcast of that name ends there first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>Takes this very broadcast back when it is disposed.</returns>
    /// <exception cref="ArgumentException">Time is virtual here, and the broadcast is on another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session is over.</exception>
    /// <exception cref="ObjectDisposedException">This hold has been given back.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfGivenBack();
        SchedulerRuntime.Admit(_shared.Runtime, broadcast);
        return _shared.Local.Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// What the peer announces below a prefix, now and on every change. Cold: each subscriber gets the present state first. Called on the pipeline's scheduler; completes with the session, never fails.
    /// Changes that cancel out before they are delivered are not told, so a slow subscriber needs no memory.
    /// </summary>
    /// <param name="prefix">Whole segments; empty for everything.</param>
    public IObservable<Announcement> Announcements(BroadcastPath prefix = default) =>
        new PulledObservable<Announcement>(stop => ReadAnnouncementsAsync(prefix, stop), _shared.Scheduler, _shared.Runtime, _shared.Log.ObserverFailed);

    /// <summary>The same as <see cref="Announcements"/>, pulled: what changes meanwhile is coalesced.</summary>
    /// <param name="prefix">Whole segments; empty for everything.</param>
    /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>, also while there is something to take.</param>
    public IAsyncEnumerable<Announcement> ReadAnnouncementsAsync(BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        _shared.Remote.AnnouncementsAsync(prefix, cancellationToken);

    /// <summary>Closes the session for all who hold it. The first close wins. Never blocks.</summary>
    /// <param name="code">What the peer sees; 0, the default, is a normal end.</param>
    /// <param name="reason">Text for the peer.</param>
    public void Close(MoqErrorCode code = default, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        _shared.Close(code, reason);
    }

    /// <summary>Gives this hold of the session back, and waits for nothing. Other holds are not touched. Again changes nothing.</summary>
    public ValueTask DisposeAsync()
    {
        if (_isHeld && Interlocked.Exchange(ref _disposed, 1) == 0)
            _giveBack?.Invoke(_shared);
        return default;
    }

    /// <summary>True if both are holds of the same session.</summary>
    /// <param name="other">The other.</param>
    public bool Equals(MoqSession? other) => other is not null && other._shared == _shared;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MoqSession);

    /// <inheritdoc/>
    public override int GetHashCode() => RemoteId.GetHashCode();

    private static ValueTask<MoqSession> BeginAsync(ITransportConnection connection, bool isOutbound, MoqOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= MoqOptions.Default;
        options.Validate();
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<MoqSession>(cancellationToken);
        Runtime runtime = options.Scheduler is null ? ThreadPoolRuntime.Instance : SchedulerRuntime.For(options.Scheduler);
        var log = options.LoggerFactory.CreateLogger("IrohMoq.Reactive.MoqSession");
        var carrier = new MoqConnection(0, connection, isOutbound, runtime, options.Limits, log);
        var shared = new SharedSession(carrier, isOutbound, options.PipelineScheduler, runtime, log);
        shared.Open();
        _ = EndAsync(shared, carrier, new ConnectionDisposal(runtime, log));
        return new(new MoqSession(shared, static only => only.Close(MoqErrorCode.Cancel, "")));
    }

    private static async Task EndAsync(SharedSession shared, MoqConnection carrier, ConnectionDisposal disposal)
    {
        await carrier.Ended.ConfigureAwait(false);
        shared.End(carrier);
        disposal.Dispose(carrier);
    }

    private async ValueTask<BroadcastConsumer> WaitAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // What is there need not be waited for, whatever the limit.
        if (_shared.Remote.Find(name) is { } live)
            return live.Producer.Consume();
        using var limit = _shared.Runtime.Limit(timeout, cancellationToken);
        try
        {
            return (await _shared.Remote.WaitAsync(name, limit.Token).ConfigureAwait(false)).Producer.Consume();
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            throw new MoqNotAnnouncedException($"The peer has not announced '{name}' within {timeout}. Check the name, or wait longer.");
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private void ThrowIfGivenBack() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
