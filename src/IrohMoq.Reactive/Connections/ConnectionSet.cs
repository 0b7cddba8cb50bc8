using System.Collections.Immutable;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents the connections that carry one session: usually one, two while one replaces the other, and none while the next one is
/// being dialed. Track subscriptions move from a connection that ends to the one that remains. Only the pipeline may add and remove
/// connections; all other members are thread-safe.
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed class ConnectionSet(Runtime runtime) : ISessionHost
#pragma warning restore CA1001
{
    private static readonly TransportEnd Lost = new(TransportEndCause.TransportError, 0, "", IsRemote: false);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = new();
    private WaitingSignals _waiters;
    private ImmutableArray<MoqConnection> _connections = [];
    private (OriginProducer Local, OriginProducer Remote)? _origins;
    private (MoqErrorCode Code, string Reason)? _closing;
    private MoqConnection? _preferred;
    private ConnectionEnd? _lastEnd;
    private ConnectionSet? _successor;
    private bool _isOver;

    /// <summary>Gets the connections, in the order in which they were added.</summary>
    public ImmutableArray<MoqConnection> All
    {
        get
        {
            lock (_gate)
                return _connections;
        }
    }

    /// <summary>
    /// Gets a token that is canceled when the session ends, also if another session continues on one of its connections.
    /// </summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Gets the connection that the session prefers, or the last preferred one if there is no connection.</summary>
    public MoqConnection Preferred => Volatile.Read(ref _preferred)!;

    public MoqConnection? Current
    {
        get
        {
            lock (_gate)
                return OpenOtherThan(null);
        }
    }

    /// <summary>
    /// Returns the connection on which the peer has announced a broadcast, or null if it has ended or the peer has asked this side to leave
    /// it.
    /// </summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="broadcast">The broadcast.</param>
    public MoqConnection? Announcing(BroadcastPath path, BroadcastProducer broadcast)
    {
        foreach (var connection in All)
        {
            // A connection that has just been added has not started yet.
            if (connection.MayRequest && connection.Announced?.Find(path) == broadcast)
                return connection;
        }

        return null;
    }

    /// <summary>Adds a connection. The connection starts if the session is open, and closes if the session is closing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="preferred">The connection that the session prefers from now on.</param>
    public void Add(MoqConnection connection, MoqConnection preferred)
    {
        connection.Host = this;
        (MoqErrorCode Code, string Reason)? closing;
        lock (_gate)
        {
            Set(_connections.Add(connection), preferred);
            closing = _closing;
        }

        if (closing is { } end)
            connection.Close(end.Code, end.Reason);
        else if (_origins is { } origins)
            connection.Start(origins.Local, origins.Remote);
    }

    /// <summary>Removes a connection that has ended.</summary>
    /// <param name="connection">The connection to remove.</param>
    /// <param name="preferred">The connection that the session prefers from now on; null if none is left.</param>
    public void Remove(MoqConnection connection, MoqConnection? preferred)
    {
        lock (_gate)
        {
            _lastEnd = EndOf(connection);
            Set(_connections.Remove(connection), preferred ?? _preferred!);
        }
    }

    /// <summary>Sets the connection that the session prefers, because the peer has asked this side to leave the former one.</summary>
    public void Prefer(MoqConnection preferred)
    {
        lock (_gate)
            Set(_connections, preferred);
    }

    /// <summary>Starts to serve the peer on all connections, including connections that are added later.</summary>
    /// <param name="local">The broadcasts that are announced to the peer.</param>
    /// <param name="remote">The origin to which the broadcasts of the peer are added.</param>
    public void Start(OriginProducer local, OriginProducer remote)
    {
        _origins = (local, remote);
        foreach (var connection in All)
            connection.Start(local, remote);
    }

    /// <summary>
    /// Closes all connections, including connections that are added later. The first call determines the code and the reason.
    /// </summary>
    public void Close(MoqErrorCode code, string reason)
    {
        ImmutableArray<MoqConnection> connections;
        lock (_gate)
        {
            _closing ??= (code, reason);
            (code, reason) = _closing.Value;
            connections = _connections;
        }

        foreach (var connection in connections)
            connection.Close(code, reason);
    }

    /// <summary>
    /// Sets the close code of a session that another session replaces. The connections stay open until they are retired, and what is read
    /// on them may continue on the connections of the other session.
    /// </summary>
    public void Supersede(ConnectionSet successor)
    {
        lock (_gate)
        {
            _closing ??= (MoqErrorCode.Superseded, MoqConnection.SupersededReason);
            _successor = successor;
        }
    }

    /// <summary>Ends the session, so that no track subscription moves to one of its connections any more.</summary>
    /// <returns>How the session ended: with its last connection, or as closed by this side.</returns>
    public ConnectionEnd End()
    {
        // This comes first, so that what ends with the session sees it when a connection of the next session is returned.
        _over.Cancel();
        lock (_gate)
        {
            _isOver = true;
            Wake();
            var isEnded = _connections.All(static connection => !connection.IsOpen);
            // The connection that the peer has asked to leave tells more than one that was to replace it.
            var last = _connections.LastOrDefault(static connection => connection.HasLeft) ?? _connections.LastOrDefault();
            var ended = isEnded && last is not null ? EndOf(last) : null;
            // A peer that shuts down turns away the connection that this side dials in place of the one that it was asked to leave.
            if (last is { IsTurnedAway: true } && _lastEnd is { HasLeft: true } left)
                return left;
            if (ended is null && _closing is { } closing)
            {
                return new ConnectionEnd(
                    new TransportEnd(TransportEndCause.ClosedByApplication, closing.Code.Value, closing.Reason, IsRemote: false));
            }

            return ended ?? _lastEnd ?? new ConnectionEnd(Lost);
        }
    }

    public bool IsCarriedOnlyBy(MoqConnection connection)
    {
        lock (_gate)
            return _closing is null && _connections is [var only] && only == connection;
    }

    public IReadOnlyList<MoqConnection> Others(MoqConnection than)
    {
        lock (_gate)
            return [.. _connections.Where(other => other != than)];
    }

    public async ValueTask<MoqConnection?> NextAsync(MoqConnection than, CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (OpenOtherThan(than) is { } other)
                        return other;
                    if (_isOver)
                        break;
                    if (!_waiters.Contains(changed))
                        _waiters.Add(changed);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(changed);
        }

        return _successor is { } successor ? await successor.NextAsync(than, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <summary>
    /// Returns the preferred connection if it is open, or null if that is the excluded connection. Otherwise, returns any open
    /// connection, or null if there is none, or if the excluded connection is open itself: a caller that moved back and forth between two
    /// of them would never wait. A connection that the peer has asked this side to leave does not count as open. The caller must hold the
    /// lock.
    /// </summary>
    private MoqConnection? OpenOtherThan(MoqConnection? than)
    {
        if (_isOver)
            return null;
        if (_preferred is { MayRequest: true } preferred && _connections.Contains(preferred))
            return preferred == than ? null : preferred;
        if (than is { MayRequest: true } && _connections.Contains(than))
            return null;
        foreach (var connection in _connections)
        {
            if (connection.MayRequest && connection != than)
                return connection;
        }

        return null;
    }

    private static ConnectionEnd? EndOf(MoqConnection connection) =>
        connection.End is { } end ? new ConnectionEnd(end, connection.HasLeft, connection.Goaway.IsReceived) : null;

    private void Set(ImmutableArray<MoqConnection> connections, MoqConnection preferred)
    {
        _connections = connections;
        Volatile.Write(ref _preferred, preferred);
        Wake();
    }

    private void Wake() => _waiters.SetAll();
}

/// <summary>Describes how a connection of a session ended.</summary>
/// <param name="Transport">The end of the transport connection.</param>
/// <param name="HasLeft">True if it ended because one side had asked the other one to leave.</param>
/// <param name="IsAsked">True if the peer had asked this side to leave.</param>
internal sealed record ConnectionEnd(TransportEnd Transport, bool HasLeft = false, bool IsAsked = false);
