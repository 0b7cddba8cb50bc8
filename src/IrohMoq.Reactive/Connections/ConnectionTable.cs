using System.Diagnostics;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>Stores the connections, which the manager's state knows by number, and carries out the effects on them.</summary>
/// <param name="settings">The limits and timeouts.</param>
/// <param name="runtime">The runtime that provides the clock.</param>
/// <param name="log">The log.</param>
/// <param name="disposal">Disposes ended and refused connections.</param>
/// <param name="ends">The action that receives an event when a connection ends.</param>
/// <param name="timers">The action that receives an event when a candidate connection gets its first stream or times out.</param>
internal sealed class ConnectionTable(
    ConnectionSettings settings, Runtime runtime, ILogger log, ConnectionDisposal disposal, Action<MoqEvent> ends, Action<MoqEvent> timers)
{
    /// <summary>The maximum time that a replaced connection may take to finish its subscriptions.</summary>
    private static readonly TimeSpan RetireLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time in which a subscription may still arrive that the peer sent before it knew of the replacing connection.
    /// </summary>
    private static readonly TimeSpan RetireGrace = TimeSpan.FromSeconds(1);

    /// <summary>The maximum time that a peer with an open session may take to open a stream on another connection.</summary>
    private static readonly TimeSpan CandidateLimit = TimeSpan.FromSeconds(10);

    private readonly ObjectTable<MoqConnection> _connections = new();
    // Kept beside the connections, which know a peer only as opaque bytes, for as long as these exist.
    private readonly ConditionalWeakTable<MoqConnection, Dialed> _dialed = [];
    // One for all connections.
    private Action<MoqConnection>? _onGoaway;
    private volatile bool _isClosed;

    /// <summary>Gets the id of this manager among the hops of announcements.</summary>
    public ulong Hop { get; init; }

    /// <summary>Gets the generator of numbers, for the dials that replace connections.</summary>
    public Numbers Numbers { get; init; } = new();

    public MoqConnection Find(long connection) => _connections.Find(connection);

    /// <summary>Returns how this side has dialed a connection.</summary>
    /// <exception cref="KeyNotFoundException">There is no such connection, or the peer has dialed it.</exception>
    public Dialed DialOf(long connection) => _dialed.TryGetValue(Find(connection), out var dialed)
        ? dialed
        : throw new KeyNotFoundException($"Connection {connection} was not dialed by this side.");

    /// <summary>
    /// Adds a new connection. The caller must call <see cref="Watch"/> once the pipeline knows of the connection. After
    /// <see cref="DisposeAll"/> the connection is closed immediately.
    /// </summary>
    /// <param name="number">The number of the connection.</param>
    /// <param name="transport">The transport connection.</param>
    /// <param name="dialed">How this side has dialed the peer, or null if the peer has dialed.</param>
    /// <param name="setup">The options of a peer that has dialed, if they were read before.</param>
    public MoqConnection Add(long number, ITransportConnection transport, Dialed? dialed, EarlySetup? setup = null)
    {
        var connection = new MoqConnection(number, transport, dialed is not null, runtime, settings.Limits, log)
        {
            Hop = Hop, Cost = settings.ConnectionCost, ReplacedAt = dialed?.ReplacedAt, Stated = dialed?.Request, Early = setup,
        };
        if (dialed is not null)
            _dialed.Add(connection, dialed);
        connection.Goaway.Received = _onGoaway ??= OnGoaway;
        _connections.Add(number, connection);
        // No other code would close the connection any more.
        if (_isClosed)
            disposal.Refuse(transport, MoqErrorCode.Cancel, MoqReducer.ShutdownReason);
        return connection;
    }

    /// <summary>Starts to watch a connection, and reports its end to the pipeline.</summary>
    public void Watch(MoqConnection connection) => _ = WatchAsync(connection);

    public void Run(ConnectionEffect effect)
    {
        switch (effect)
        {
            case ConnectionEffect.AwaitStream e:
                _ = AwaitStreamAsync(Find(e.Connection));
                break;
            case ConnectionEffect.Retire e:
                log.Retiring(Find(e.Connection).RemoteName);
                Find(e.Connection).Retire(RetireGrace, RetireLimit);
                break;
            case ConnectionEffect.Drain e:
                Find(e.Connection).Drain(RetireGrace, e.HasSuccessor ? settings.Limits.Handover : Timeout.InfiniteTimeSpan);
                break;
            case ConnectionEffect.Refuse e:
                var refused = _connections.Take(e.Connection)!;
                log.Refused(refused.RemoteName, e.Code, e.Reason);
                disposal.Refuse(refused.Transport, e.Code, e.Reason);
                break;
            case ConnectionEffect.Forget e:
                disposal.Dispose(_connections.Take(e.Connection)!);
                break;
            default:
                throw new UnreachableException($"There is no code for the effect {effect}.");
        }
    }

    /// <summary>Closes the connection for which an effect failed.</summary>
    public void Fail(long connection) => _connections.TryFind(connection)?.Close(MoqErrorCode.Transport, "internal error");

    /// <summary>Closes and disposes all remaining connections.</summary>
    public void DisposeAll(MoqErrorCode code, string reason)
    {
        _isClosed = true;
        // The connections stay in the table until the pipeline has removed them.
        foreach (var connection in _connections.ToArray())
        {
            // It remembers the code, which may share its number with others.
            connection.Close(code, reason);
            disposal.Refuse(connection.Transport, code, reason);
        }
    }

    /// <summary>
    /// Waits for the peer to open a stream on a connection, and reports the result. If the connection ends first,
    /// <see cref="WatchAsync"/> reports the end.
    /// </summary>
    private async Task AwaitStreamAsync(MoqConnection connection)
    {
        using var limit = runtime.Limit(CandidateLimit);
        try
        {
            await connection.WaitForStreamAsync(limit.Token).ConfigureAwait(false);
            timers(new MoqEvent.StreamArrived(connection.Number));
        }
        catch (OperationCanceledException)
        {
            timers(new MoqEvent.CandidateTimedOut(connection.Number));
        }
        catch (TransportClosedException)
        {
            // The end of the connection is reported separately.
        }
        catch (Exception fault)
        {
            log.EffectFailed("Waiting for the first stream of a connection", fault);
            connection.Close(MoqErrorCode.Transport, "internal error");
        }
    }

    private void OnGoaway(MoqConnection connection)
    {
        var uri = connection.Goaway.Uri;
        var peer = new EndpointId(connection.Transport.RemoteId.Span);
        ends(new MoqEvent.PeerGoingAway(connection.Number, Numbers.Next(), uri, GoawayUri.LeadsTo(uri, peer)));
    }

    private async Task WatchAsync(MoqConnection connection)
    {
        await connection.Ended.ConfigureAwait(false);
        ends(new MoqEvent.ConnectionEnded(connection.Number, connection.IsSupersededByPeer));
    }
}
