using System.Diagnostics;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>The connections behind the numbers of the manager's state, and the effects on them.</summary>
/// <param name="settings">Limits and times.</param>
/// <param name="runtime">The clock.</param>
/// <param name="log">The log.</param>
/// <param name="disposal">Disposes connections.</param>
/// <param name="ends">Receives the ends of connections.</param>
/// <param name="timers">Receives what becomes of a candidate.</param>
internal sealed class ConnectionTable(
    ConnectionSettings settings, Runtime runtime, ILogger log, ConnectionDisposal disposal, Action<MoqEvent> ends, Action<MoqEvent> timers)
{
    /// <summary>The maximum time that a connection that another one replaces may take to end what runs on it.</summary>
    private static readonly TimeSpan RetireLimit = TimeSpan.FromSeconds(5);

    /// <summary>The time in which a subscription may still arrive that the peer sent before it knew of the other connection.</summary>
    private static readonly TimeSpan RetireGrace = TimeSpan.FromSeconds(1);

    /// <summary>The maximum time that a peer that has a session may take to open a stream on another connection.</summary>
    private static readonly TimeSpan CandidateLimit = TimeSpan.FromSeconds(10);

    private readonly ObjectTable<MoqConnection> _connections = new();
    private volatile bool _isClosed;

    public MoqConnection Find(long connection) => _connections.Find(connection);

    /// <summary>
    /// Adds a new connection. <see cref="Watch"/> follows when the pipeline knows of it. After <see cref="DisposeAll"/> it is closed at
    /// once.
    /// </summary>
    public MoqConnection Add(long number, ITransportConnection transport, bool isOutbound)
    {
        var connection = new MoqConnection(number, transport, isOutbound, runtime, settings.Limits, log);
        _connections.Add(number, connection);
        // Nothing would close it any more.
        if (_isClosed)
            disposal.Refuse(transport, MoqErrorCode.Cancel, MoqReducer.ShutdownReason);
        return connection;
    }

    /// <summary>Reports the end of a connection.</summary>
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

    /// <summary>Closes the connection that an effect failed for.</summary>
    public void Fail(long connection) => _connections.TryFind(connection)?.Close(MoqErrorCode.Transport, "internal error");

    /// <summary>Closes and disposes every connection that is left.</summary>
    public void DisposeAll(MoqErrorCode code, string reason)
    {
        _isClosed = true;
        // They stay in the table until the pipeline has forgotten them.
        foreach (var connection in _connections.ToArray())
            disposal.Refuse(connection.Transport, code, reason);
    }

    /// <summary>
    /// Reports whether the peer opens a stream on a connection. If the connection ends first, <see cref="WatchAsync"/> reports that.
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
            // The end of the connection is reported by itself.
        }
        catch (Exception fault)
        {
            log.EffectFailed("Waiting for the first stream of a connection", fault);
            connection.Close(MoqErrorCode.Transport, "internal error");
        }
    }

    private async Task WatchAsync(MoqConnection connection)
    {
        await connection.Ended.ConfigureAwait(false);
        ends(new MoqEvent.ConnectionEnded(connection.Number, connection.IsSupersededByPeer));
    }
}
