using System.Collections.Immutable;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// The connections that carry one session: usually one, two while one replaces the other, none while the next one is being dialed. Readings
/// move from a connection that ends to the one that stays. Only the pipeline adds and removes; everything else may be called from any
/// thread.
/// </summary>
internal sealed class ConnectionSet(Runtime runtime) : ISessionHost
{
    private static readonly TransportEnd Lost = new(TransportEndCause.TransportError, 0, "", IsRemote: false);

    private readonly Lock _gate = new();
    private readonly List<Signal> _waiters = [];
    private ImmutableArray<MoqConnection> _connections = [];
    private (OriginProducer Local, OriginProducer Remote)? _origins;
    private (MoqErrorCode Code, string Reason)? _closing;
    private MoqConnection? _preferred;
    private TransportEnd? _lastEnd;
    private bool _isOver;

    /// <summary>Gets the connections, in the order in which they came.</summary>
    public ImmutableArray<MoqConnection> All
    {
        get
        {
            lock (_gate)
                return _connections;
        }
    }

    /// <summary>Gets the connection that stays, or that was the last one.</summary>
    public MoqConnection Preferred => Volatile.Read(ref _preferred)!;

    public MoqConnection? Current
    {
        get
        {
            lock (_gate)
                return OpenOtherThan(null);
        }
    }

    /// <summary>Adds a connection. It starts if the session is open, and closes if the session is closing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="preferred">The one of the connections that stays.</param>
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
    /// <param name="connection">The connection.</param>
    /// <param name="preferred">The one of the others that stays; null if there is none.</param>
    public void Remove(MoqConnection connection, MoqConnection? preferred)
    {
        lock (_gate)
        {
            _lastEnd = connection.End;
            Set(_connections.Remove(connection), preferred ?? _preferred!);
        }
    }

    /// <summary>Starts to serve the peer on all connections, those that come later included.</summary>
    /// <param name="local">The broadcasts that the peer sees.</param>
    /// <param name="remote">Receives the peer's broadcasts.</param>
    public void Start(OriginProducer local, OriginProducer remote)
    {
        _origins = (local, remote);
        foreach (var connection in All)
            connection.Start(local, remote);
    }

    /// <summary>Closes all connections, those that come later included. The first close wins.</summary>
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

    /// <summary>Sets the end of a session that another one replaces. The connections stay open until they are retired.</summary>
    public void Supersede()
    {
        lock (_gate)
            _closing ??= (MoqErrorCode.Superseded, MoqConnection.SupersededReason);
    }

    /// <summary>Ends the session: nothing moves to a connection of it any more.</summary>
    /// <returns>How it ended: with its last connection, or as this side closed it.</returns>
    public TransportEnd End()
    {
        lock (_gate)
        {
            _isOver = true;
            Wake();
            var ended = _connections.All(static connection => !connection.IsOpen) ? _connections.LastOrDefault()?.End : null;
            if (ended is null && _closing is { } closing)
                return new TransportEnd(TransportEndCause.ClosedByApplication, closing.Code.Value, closing.Reason, IsRemote: false);
            return ended ?? _lastEnd ?? Lost;
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
                    if (_isOver || OpenOtherThan(than) is not null)
                        return OpenOtherThan(than);
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
    }

    /// <summary>
    /// Returns the connection that stays; if that has ended and not reported it yet, another one. The caller must hold the lock.
    /// </summary>
    private MoqConnection? OpenOtherThan(MoqConnection? than)
    {
        if (_isOver)
            return null;
        if (_preferred is { IsOpen: true } preferred && _connections.Contains(preferred))
            return preferred == than ? null : preferred;
        foreach (var connection in _connections)
        {
            if (connection.IsOpen && connection != than)
                return connection;
        }

        return null;
    }

    private void Set(ImmutableArray<MoqConnection> connections, MoqConnection preferred)
    {
        _connections = connections;
        Volatile.Write(ref _preferred, preferred);
        Wake();
    }

    private void Wake()
    {
        foreach (var waiter in _waiters)
            waiter.Set();
    }
}
