using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// A handle of the session with one peer: what the peer announces, and what is announced to it. All callers that dial one peer share its
/// session, each with a handle of its own; handles of one session are equal. This type is thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="DisposeAsync"/> releases the handle. A session that this side dialed or accepted is closed when it has had no handle for
/// <see cref="MoqOptions.Linger"/>; a session that the peer dialed and that was never accepted stays. <see cref="Close"/> and
/// <see cref="CloseAsync"/> end
/// the session for all its handles.
/// </para>
/// <para>The session in an event or a list is a view: it can do everything that a handle can, but keeps nothing open, and disposing it
/// changes nothing.</para>
/// </remarks>
public sealed class MoqSession : IAsyncDisposable, IEquatable<MoqSession>
{
    private readonly SharedSession _shared;
    private readonly bool _isLease;
    private Task<SessionClosed>? _closed;
    private int _isDisposed;

    private MoqSession(SharedSession shared, bool isLease)
    {
        _shared = shared;
        _isLease = isLease;
    }

    /// <summary>Gets a number that identifies the session among those of its <see cref="Moq"/>, for logs.</summary>
    public long Id => _shared.Number;

    /// <summary>Gets the peer's id, verified by the transport; the default value if the transport knows none.</summary>
    public EndpointId RemoteId => _shared.RemoteId;

    /// <summary>Gets a value indicating whether this side's dial opened the session.</summary>
    public bool IsOutbound => _shared.IsOutbound;

    /// <summary>Gets the negotiated protocol, for example <c>moq-lite-03</c>.</summary>
    public string Protocol => Connection.Protocol;

    /// <summary>
    /// Gets the transport connection. Do not use its streams, nor wait for its end: <see cref="Closed"/> is for that. After two peers have
    /// dialed one another at once it may be another one than before.
    /// </summary>
    public ITransportConnection Connection => _shared.Transport;

    /// <summary>Gets a task that completes when the session has ended. It never fails.</summary>
    public Task<SessionClosed> Closed =>
        Volatile.Read(ref _closed) ?? Interlocked.CompareExchange(ref _closed, _shared.WhenClosedAsync(), null) ?? _closed!;

    /// <summary>
    /// Gets the broadcasts that are announced to this peer: those published for all sessions, and those for this session only.
    /// </summary>
    public OriginProducer OriginProducer => _shared.Local;

    /// <summary>Gets the broadcasts that this peer announces.</summary>
    public OriginConsumer OriginConsumer => _shared.Remote;

    internal SharedSession Shared => _shared;

    /// <summary>Determines whether two handles are of the same session.</summary>
    public static bool operator ==(MoqSession? left, MoqSession? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Determines whether two handles are of different sessions.</summary>
    public static bool operator !=(MoqSession? left, MoqSession? right) => !(left == right);

    /// <summary>
    /// Begins a session on a connection that this side has dialed, without a <see cref="Moq"/>. In moq-lite-03 nothing is exchanged before
    /// it is open.
    /// </summary>
    /// <param name="connection">The connection. The session closes and disposes it.</param>
    /// <param name="options">Clock, log and limits; null for the defaults.</param>
    /// <param name="publish">
    /// The broadcasts that the peer sees, which may be shared by sessions; null for an origin of the session's own.
    /// </param>
    /// <param name="subscribe">
    /// Receives the broadcasts that the peer announces, and may be shared by sessions; null for an origin of the session's own.
    /// </param>
    /// <returns>The session's only handle: disposing it closes the session.</returns>
    /// <exception cref="MoqException">The connection's protocol is not a supported version of moq-lite.</exception>
    public static MoqSession Connect(
        ITransportConnection connection, MoqOptions? options = null, OriginProducer? publish = null, OriginProducer? subscribe = null) =>
        Begin(connection, isOutbound: true, options, new SessionOrigins(publish, subscribe));

    /// <summary>
    /// Begins a session on a connection that the peer has dialed, without a <see cref="Moq"/>. In moq-lite-03 nothing is exchanged before
    /// it is open.
    /// </summary>
    /// <param name="connection">The connection. The session closes and disposes it.</param>
    /// <param name="options">Clock, log and limits; null for the defaults.</param>
    /// <param name="publish">
    /// The broadcasts that the peer sees, which may be shared by sessions; null for an origin of the session's own.
    /// </param>
    /// <param name="subscribe">
    /// Receives the broadcasts that the peer announces, and may be shared by sessions; null for an origin of the session's own.
    /// </param>
    /// <returns>The session's only handle: disposing it closes the session.</returns>
    /// <exception cref="MoqException">The connection's protocol is not a supported version of moq-lite.</exception>
    public static MoqSession Accept(
        ITransportConnection connection, MoqOptions? options = null, OriginProducer? publish = null, OriginProducer? subscribe = null) =>
        Begin(connection, isOutbound: false, options, new SessionOrigins(publish, subscribe));

    /// <summary>
    /// Waits until the peer announces a broadcast of that name: the live one, otherwise the next one. One that has ended is never returned.
    /// </summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="cancellationToken">Ends the wait, and nothing else.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public async Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        // A consumer of the caller's own: disposing it does not affect other callers.
        return (await _shared.Remote.WaitAsync(name, cancellationToken).ConfigureAwait(false)).Producer.Consume();
    }

    /// <summary>Waits until the peer announces a broadcast of that name, without a way to cancel.</summary>
    /// <param name="name">The broadcast's name.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name) => SubscribeAsync(name, CancellationToken.None);

    /// <summary>
    /// Waits until the peer announces a broadcast of that name, for a limited time: moq-lite-03 has no other way to say that a broadcast
    /// does not exist.
    /// </summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="timeout">The maximum time to wait; zero checks once.</param>
    /// <param name="cancellationToken">Ends the wait, and nothing else.</param>
    /// <exception cref="MoqNotAnnouncedException">The peer has not announced it in time.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return WaitAsync(name, timeout, cancellationToken);
    }

    /// <summary>Publishes a broadcast to this peer only. A live broadcast of that name ends there first.</summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed.</returns>
    /// <exception cref="ArgumentException">The session's time is virtual, and the broadcast is on another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// Publishes a broadcast that this side reads, for example one of another peer, to this peer only. A live broadcast of that name ends
    /// there first.
    /// </summary>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed.</returns>
    /// <exception cref="ArgumentException">The session's time is virtual, and the broadcast is on another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfDisposed();
        Moq.ThrowIfOtherClock(_shared.Runtime, broadcast.Producer);
        return _shared.Local.Publish(name, broadcast);
    }

    /// <summary>
    /// Returns what the peer announces below a prefix, now and on every change: changes while the reader does not ask are combined.
    /// </summary>
    /// <param name="prefix">The prefix, in whole segments; the default value stands for everything.</param>
    /// <param name="cancellationToken">
    /// Ends the reading with an <see cref="OperationCanceledException"/>, even while there is something to take.
    /// </param>
    public IAsyncEnumerable<Announcement> ReadAnnouncementsAsync(
        BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        _shared.Remote.AnnouncementsAsync(prefix, cancellationToken);

    /// <summary>
    /// Returns the measurements of the connection, or the last ones after the end: round-trip times, congestion control, bytes and packets.
    /// Values that the transport does not measure are null. It never blocks.
    /// </summary>
    public ConnectionStatistics GetStatistics() => Connection is IConnectionStatistics measured ? measured.GetStatistics() : default;

    /// <summary>
    /// Closes the session for all its handles, at once: what the peer has not received is lost. The first close wins. It never blocks.
    /// </summary>
    /// <param name="code">The code that the peer sees; 0, the default, is a normal end.</param>
    /// <param name="reason">A text for the peer.</param>
    public void Close(MoqErrorCode code = default, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        _shared.Close(code, reason);
    }

    /// <summary>
    /// Closes the session for all its handles when the peer has received the finished tracks that it reads, and waits for the end.
    /// </summary>
    /// <param name="code">The code that the peer sees; 0, the default, is a normal end.</param>
    /// <param name="reason">A text for the peer.</param>
    /// <param name="cancellationToken">Closes the session at once.</param>
    /// <returns>How the session ended.</returns>
    public async Task<SessionClosed> CloseAsync(
        MoqErrorCode code = default, string reason = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        await _shared.CloseWhenDeliveredAsync(code, reason, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        return await _shared.WhenClosedAsync().ConfigureAwait(false);
    }

    /// <summary>Releases this handle, and waits for nothing. Other handles are not affected. A second call changes nothing.</summary>
    public ValueTask DisposeAsync()
    {
        if (_isLease && Interlocked.Exchange(ref _isDisposed, 1) == 0)
            _shared.LeaseReturned?.Invoke(_shared);
        return default;
    }

    /// <summary>Determines whether both are handles of the same session.</summary>
    /// <param name="other">The other handle.</param>
    public bool Equals(MoqSession? other) => other is not null && other._shared == _shared;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MoqSession);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RemoteId, Id);

    /// <summary>Returns the peer's short id and the session's number.</summary>
    public override string ToString() => $"{(RemoteId == default ? "(no id)" : RemoteId.ToShortString())} #{Id}";

    /// <summary>Returns a handle that the session's life depends on.</summary>
    internal static MoqSession LeaseOf(SharedSession shared) => new(shared, isLease: true);

    /// <summary>Returns a handle that keeps nothing open.</summary>
    internal static MoqSession ViewOf(SharedSession shared) => new(shared, isLease: false);

    private static MoqSession Begin(ITransportConnection transport, bool isOutbound, MoqOptions? options, SessionOrigins origins)
    {
        ArgumentNullException.ThrowIfNull(transport);
        options ??= MoqOptions.Default;
        var runtime = RuntimeSchedulers.RuntimeOf(options.Scheduler);
        var log = new GuardedLogger(options.LoggerFactory.CreateLogger("IrohMoq.Reactive.MoqSession"));
        var connection = new MoqConnection(0, transport, isOutbound, runtime, options.ToSettings().Limits, log);
        var shared = new SharedSession(connection, isOutbound, runtime, log, origins)
        {
            LeaseReturned = static only => only.Close(MoqErrorCode.Cancel, ""),
        };
        shared.Open();
        _ = EndAsync(shared, connection, new ConnectionDisposal(runtime, log));
        return LeaseOf(shared);
    }

    private static async Task EndAsync(SharedSession shared, MoqConnection connection, ConnectionDisposal disposal)
    {
        await connection.Ended.ConfigureAwait(false);
        shared.End();
        disposal.Dispose(connection);
    }

    private async Task<BroadcastConsumer> WaitAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A broadcast that is there is returned whatever the limit.
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

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
}
