using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a handle of the session with one peer, which provides the broadcasts that the peer announces and those that are announced
/// to the peer. All callers that dial the same peer share its session, each with a handle of its own; handles of the same session are
/// equal. This type is thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="DisposeAsync"/> releases the handle. A session that this side dialed or accepted is closed when it has had no handle for
/// <see cref="MoqOptions.Linger"/>, and no track was read from it by name over all sessions; a session that the peer dialed and that was
/// never accepted stays open. <see cref="Close"/> and <see cref="CloseAsync"/> end the session for all its handles.
/// </para>
/// <para>
/// The session in an event or a list is a view: it has all the functions of a handle, but does not keep the session open, and disposing
/// it has no effect.
/// </para>
/// </remarks>
public sealed partial class MoqSession : IAsyncDisposable, IEquatable<MoqSession>
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

    /// <summary>Gets a number that identifies the session within its <see cref="Moq"/>, for logs.</summary>
    public long Id => _shared.Number;

    /// <summary>Gets the peer's ID, verified by the transport; the default value if the transport knows none.</summary>
    public EndpointId RemoteId => _shared.RemoteId;

    /// <summary>Gets a value indicating whether a dial of this side opened the session.</summary>
    public bool IsOutbound => _shared.IsOutbound;

    /// <summary>Gets the negotiated protocol, for example <c>moq-lite-06</c>.</summary>
    public string Protocol => Connection.Protocol;

    /// <summary>
    /// Gets the transport connection of the session. Do not use its streams, and wait for <see cref="Closed"/> rather than for the end
    /// of the connection. The connection may change after two peers have dialed each other at the same time.
    /// </summary>
    public ITransportConnection Connection => _shared.Transport;

    /// <summary>
    /// Gets the network path of the session's connection or, after its end, the last one; null if the transport reports none. See
    /// <see cref="SessionObservables.PathChanges"/> for the changes.
    /// </summary>
    public ConnectionPath? Path => (Connection as IPathAwareConnection)?.CurrentPath;

    /// <summary>Gets a task that completes when the session has ended. The task never fails.</summary>
    public Task<SessionClosed> Closed =>
        Volatile.Read(ref _closed) ?? Interlocked.CompareExchange(ref _closed, _shared.WhenClosedAsync(), null) ?? _closed!;

    /// <summary>
    /// Gets the broadcasts that are announced to this peer: those that are published on all sessions, and those that are published on
    /// this session only.
    /// </summary>
    public OriginProducer OriginProducer => _shared.Local;

    /// <summary>Gets the broadcasts that this peer announces.</summary>
    public OriginConsumer OriginConsumer => _shared.Remote;

    internal SharedSession Shared => _shared;

    /// <summary>Determines whether two handles represent the same session.</summary>
    public static bool operator ==(MoqSession? left, MoqSession? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Determines whether two handles represent different sessions.</summary>
    public static bool operator !=(MoqSession? left, MoqSession? right) => !(left == right);

    /// <summary>
    /// Waits until the peer announces a broadcast with the given name, and returns it. A live broadcast is returned immediately; a
    /// broadcast that has ended is never returned.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public async Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        // The caller gets a consumer of its own, so that disposing it does not affect other callers.
        return (await _shared.Remote.WaitAsync(name, cancellationToken).ConfigureAwait(false)).Producer.Consume();
    }

    /// <summary>Waits until the peer announces a broadcast with the given name, and returns it. The wait cannot be canceled.</summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name) => SubscribeAsync(name, CancellationToken.None);

    /// <summary>
    /// Waits for a limited time until the peer announces a broadcast with the given name, and returns it. The time limit is needed
    /// because a peer cannot report that a broadcast does not exist.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="timeout">The maximum time to wait. With zero, only live broadcasts are returned.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, and not infinite.</exception>
    /// <exception cref="MoqNotAnnouncedException">The peer has not announced the broadcast in time.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended, or ends during the wait.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return WaitAsync(name, timeout, cancellationToken);
    }

    /// <summary>Publishes a broadcast to this peer only. A live broadcast with the same name on this session ends first.</summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed.</returns>
    /// <exception cref="ArgumentException">The session runs in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// Publishes a broadcast that this side reads, for example one of another peer, to this peer only. A live broadcast with the same
    /// name on this session ends first.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed.</returns>
    /// <exception cref="ArgumentException">The session runs in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="MoqSessionClosedException">The session has ended.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfDisposed();
        BroadcastProducer.ThrowIfOtherClock(_shared.Runtime, broadcast.Producer);
        return _shared.Local.Publish(name, broadcast);
    }

    /// <summary>
    /// Returns the broadcasts that the peer announces below a prefix: the current state, and then every change. Changes between two
    /// requests of the reader are combined. Hidden names and changes of routes are left out; the methods of <see cref="OriginConsumer"/>
    /// with the same name can include them.
    /// </summary>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="cancellationToken">
    /// The token that ends the enumeration with an <see cref="OperationCanceledException"/>, even if an item is available.
    /// </param>
    public IAsyncEnumerable<Announcement> ReadAnnouncementsAsync(
        BroadcastPath prefix = default, CancellationToken cancellationToken = default) =>
        OriginConsumer.ReadAnnouncementsAsync(prefix, cancellationToken);

    /// <summary>
    /// Returns the measurements of the connection: round-trip times, congestion control, bytes and packets. After the end of the
    /// connection the last measurements are returned. Values that the transport does not measure are null. This method never blocks.
    /// </summary>
    public ConnectionStatistics GetStatistics() => Connection is IConnectionStatistics measured ? measured.GetStatistics() : default;

    /// <summary>
    /// Closes the session immediately for all its handles. Data that the peer has not received is lost. The first call determines the
    /// code and the reason. This method never blocks.
    /// </summary>
    /// <param name="code">
    /// The code that is sent to the peer; 0, the default, is a normal end. A code of the application is one of
    /// <see cref="MoqErrorCode.FromApplication"/>.
    /// </param>
    /// <param name="reason">The text that is sent to the peer.</param>
    public void Close(MoqErrorCode code = default, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        _shared.Close(code, reason);
    }

    /// <summary>
    /// Closes the session for all its handles as soon as the peer has received the finished tracks to which it is subscribed, and waits
    /// for the end of the session.
    /// </summary>
    /// <param name="code">The code that is sent to the peer; 0, the default, is a normal end.</param>
    /// <param name="reason">The text that is sent to the peer.</param>
    /// <param name="cancellationToken">The token that closes the session immediately.</param>
    /// <returns>How the session ended.</returns>
    public async Task<SessionClosed> CloseAsync(
        MoqErrorCode code = default, string reason = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        await _shared.CloseWhenDeliveredAsync(code, reason, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        return await _shared.WhenClosedAsync().ConfigureAwait(false);
    }

    /// <summary>Releases this handle without waiting. Other handles are not affected. Repeated calls have no effect.</summary>
    public ValueTask DisposeAsync()
    {
        if (_isLease && Interlocked.Exchange(ref _isDisposed, 1) == 0)
            _shared.LeaseReturned?.Invoke(_shared);
        return default;
    }

    /// <summary>Determines whether another handle represents the same session.</summary>
    /// <param name="other">The other handle.</param>
    public bool Equals(MoqSession? other) => other is not null && other._shared == _shared;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MoqSession);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RemoteId, Id);

    /// <summary>Returns the abbreviated ID of the peer and the number of the session.</summary>
    public override string ToString() => $"{(RemoteId == default ? "(no id)" : RemoteId.ToShortString())} #{Id}";

    /// <summary>Returns a handle that keeps the session open.</summary>
    internal static MoqSession LeaseOf(SharedSession shared) => new(shared, isLease: true);

    /// <summary>Returns a handle that does not keep the session open.</summary>
    internal static MoqSession ViewOf(SharedSession shared) => new(shared, isLease: false);

    private async Task<BroadcastConsumer> WaitAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A broadcast that is already announced is returned regardless of the time limit.
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
