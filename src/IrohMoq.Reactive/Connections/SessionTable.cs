using System.Diagnostics;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Connections;

/// <summary>Stores the sessions, which the manager's state knows by number, and carries out the effects on them.</summary>
/// <param name="settings">The limits and timeouts.</param>
/// <param name="runtime">The runtime that provides the clock.</param>
/// <param name="log">The log.</param>
/// <param name="connections">The table of connections.</param>
/// <param name="broadcasts">The table of published broadcasts.</param>
/// <param name="commands">The action that receives an event when the application uses or closes a session.</param>
/// <param name="timers">The action that receives an event when a time limit elapses.</param>
internal sealed class SessionTable(
    ConnectionSettings settings,
    Runtime runtime,
    ILogger log,
    ConnectionTable connections,
    BroadcastTable broadcasts,
    Action<MoqEvent> commands,
    Action<MoqEvent> timers)
{
    /// <summary>
    /// The fraction of the shutdown timeout that the delivery of finished tracks may take. The rest is left for closing the sessions.
    /// </summary>
    private const double DeliveryPart = 0.8;

    private readonly ObjectTable<SharedSession> _sessions = new();
    // All sessions share these actions.
    private readonly Action<SharedSession> _leaseTaken = session => commands(new MoqEvent.LeaseTaken(session.Number));
    private readonly Action<SharedSession> _readingBegan = session => commands(new MoqEvent.ReadingBegan(session.Number));
    private readonly Action<SharedSession> _leaseReturned = session => commands(new MoqEvent.LeaseReturned(session.Number));
    private readonly Action<SharedSession> _accepted = session => commands(new MoqEvent.SessionAccepted(session.Number));
    private readonly Action<SharedSession> _closing = session => commands(new MoqEvent.SessionClosing(session.Number));
    private readonly Action<SharedSession> _goingAway = session => commands(new MoqEvent.SessionGoingAway(session.Number));

    public SharedSession Find(long session) => _sessions.Find(session);

    public void Run(SessionEffect effect)
    {
        switch (effect)
        {
            case SessionEffect.Create e:
                _sessions.Add(e.Session, new SharedSession(connections.Find(e.Session), e.IsOutbound, runtime, log)
                {
                    LeaseTaken = _leaseTaken,
                    ReadingBegan = _readingBegan,
                    LeaseReturned = _leaseReturned,
                    Accepted = _accepted,
                    Closing = _closing,
                    GoingAway = _goingAway,
                    GoawayTimeout = settings.GoawayTimeout,
                });
                break;
            case SessionEffect.AwaitDecision e:
                Find(e.Session).SetTimer(settings.DecisionTimeout, () => timers(new MoqEvent.DecisionTimedOut(e.Session)));
                break;
            case SessionEffect.RefuseUndecided e:
                if (Find(e.Session) is var undecided && undecided.TryDecide())
                    undecided.Refuse(MoqErrorCode.Unauthorized, "not accepted in time");
                break;
            case SessionEffect.Announce e:
                Find(e.Session).Announced.Announce(broadcasts.Find(e.Broadcast));
                break;
            case SessionEffect.Withdraw e:
                Find(e.Session).Announced.Withdraw(e.Broadcast);
                break;
            case SessionEffect.Open e:
                Open(Find(e.Session));
                break;
            case SessionEffect.Join e:
                Join(Find(e.Session), connections.Find(e.Connection), connections.Find(e.Preferred));
                break;
            case SessionEffect.Prefer e:
                Find(e.Session).Connections.Prefer(connections.Find(e.Preferred));
                break;
            case SessionEffect.Leave e:
                Find(e.Session).Connections.Remove(connections.Find(e.Connection), connections.Find(e.Preferred));
                break;
            case SessionEffect.Park e:
                Find(e.Session).Connections.Remove(connections.Find(e.Connection), null);
                break;
            case SessionEffect.StartLinger e:
                Find(e.Session).SetTimer(settings.Linger, () => timers(new MoqEvent.LingerElapsed(e.Session, e.Linger)));
                break;
            case SessionEffect.Close e:
                if (Find(e.Session) is var closing && closing.TryBeginClose())
                    _ = closing.CloseWhenDeliveredAsync(e.Code, e.Reason, settings.ShutdownTimeout * DeliveryPart);
                break;
            case SessionEffect.ShutDown e:
                if (Find(e.Session) is var ending && ending.TryBeginClose())
                    _ = ending.ShutDownAsync(e.Code, e.Reason, settings.GoawayTimeout, settings.ShutdownTimeout * DeliveryPart);
                break;
            case SessionEffect.Supersede e:
                Find(e.Session).Connections.Supersede(Find(e.Successor).Connections);
                End(Find(e.Session));
                break;
            case SessionEffect.End e:
                End(Find(e.Session));
                break;
            case SessionEffect.Forget e:
                _sessions.Take(e.Session);
                break;
            default:
                throw new UnreachableException($"There is no code for the effect {effect}.");
        }
    }

    /// <summary>Ends all remaining sessions.</summary>
    public void EndAll()
    {
        foreach (var session in _sessions.TakeAll())
            session.End();
    }

    /// <summary>Closes the session for which an effect failed, so that no operation waits for the session forever.</summary>
    public void Fail(long session) => _sessions.TryFind(session)?.Close(MoqErrorCode.Transport, "internal error");

    private void Open(SharedSession session)
    {
        session.Open();
        log.Opened(session.RemoteId.ToShortString(), session.IsOutbound);
    }

    private void Join(SharedSession session, MoqConnection connection, MoqConnection preferred)
    {
        session.Connections.Add(connection, preferred);
        log.Joined(connection.RemoteName, connection.IsOutbound);
    }

    private void End(SharedSession session)
    {
        var closed = session.End();
        log.Closed(
            session.RemoteId.ToShortString(),
            closed.Code,
            closed.Reason,
            closed.IsRemote ? "the peer" : "this side",
            closed.Cause.ToString());
    }
}
