using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>The connections and sessions behind the pipeline's numbers: carries out what is to be done with them, and tells the observers.</summary>
internal sealed class SessionShell(MoqOptions options, Runtime runtime, ILogger log, ConnectionDisposal disposal, Action<MoqEvent> post)
{
    /// <summary>How long a connection whose place another one has taken may go on with what runs on it.</summary>
    private static readonly TimeSpan RetireLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long a subscription may be on its way that the peer has sent before it could know.</summary>
    private static readonly TimeSpan RetireMoment = TimeSpan.FromSeconds(1);

    /// <summary>How long a peer that has a session may take to open a stream on another connection.</summary>
    private static readonly TimeSpan CandidateLimit = TimeSpan.FromSeconds(10);

    /// <summary>Which part of the shutdown's time the delivery of finished tracks may take; the rest is for telling of the ends.</summary>
    private const double DeliveryPart = 0.8;

    private readonly ObjectTable<MoqConnection> _carriers = new();
    private readonly ObjectTable<SharedSession> _sessions = new();
    private readonly HashSet<long> _watched = [];

    public LaggingReplay<SessionNotice> Notices { get; } = new(options.SessionRing, runtime, log.ObserverFailed);

    /// <summary>Takes a new connection in; the loop decides what becomes of it.</summary>
    public MoqConnection Add(long number, ITransportConnection connection, bool isOutbound)
    {
        var carrier = new MoqConnection(number, connection, isOutbound, runtime, options.Limits, log);
        _carriers.Add(number, carrier);
        return carrier;
    }

    /// <summary>What has not reported its end by the end of the shutdown is not waited for any longer.</summary>
    public void DisposeAll()
    {
        foreach (var carrier in _carriers.ToArray())
            disposal.Refuse(carrier.Transport, MoqErrorCode.Cancel, MoqReducer.ShutdownReason);
    }

    public SharedSession Find(long session) => _sessions.Find(session)!;

    public bool TryCarryOut(MoqEffect effect)
    {
        switch (effect)
        {
            case MoqEffect.AwaitStream candidate:
                var waiting = _carriers.Find(candidate.Connection)!;
                Watch(waiting);
                _ = AwaitStreamAsync(waiting);
                return true;
            case MoqEffect.Establish establish:
                Establish(establish.Session, establish.IsOutbound);
                return true;
            case MoqEffect.Offer offer:
                Offer(Establish(offer.Session, isOutbound: false));
                return true;
            case MoqEffect.RefuseUndecided refuse:
                var undecided = Find(refuse.Session);
                if (undecided.TryDecide())
                    undecided.Refuse(MoqErrorCode.Unauthorized, "not accepted in time");
                return true;
            case MoqEffect.Open open:
                Open(Find(open.Session));
                return true;
            case MoqEffect.Join join:
                Join(join);
                return true;
            case MoqEffect.Leave leave:
                Find(leave.Session).Leave(_carriers.Find(leave.Connection)!, _carriers.Find(leave.Main)!);
                return true;
            case MoqEffect.Hold hold:
                Find(hold.Session).Hold(_carriers.Find(hold.Connection)!);
                return true;
            case MoqEffect.ReportHeldClosed held:
                Report(Find(held.Session), static session => session.EndHeld());
                return true;
            case MoqEffect.Retire retire:
                var carrier = _carriers.Find(retire.Connection)!;
                log.Retiring(carrier.RemoteName);
                carrier.Retire(RetireMoment, RetireLimit);
                return true;
            case MoqEffect.Withdraw withdraw:
                Find(withdraw.Session).Announced.Withdraw(withdraw.Broadcast);
                return true;
            case MoqEffect.ReportSuperseded superseded:
                Report(Find(superseded.Session), static session => session.EndSuperseded());
                return true;
            case MoqEffect.ReportClosed closed:
                var last = _carriers.Find(closed.Connection)!;
                Report(Find(closed.Session), session => session.End(last));
                return true;
            case MoqEffect.ReportUndecidedClosed closed:
                Notices.Retire(closed.Session);
                Find(closed.Session).End(_carriers.Find(closed.Connection)!);
                return true;
            case MoqEffect.ForgetConnection forget:
                _watched.Remove(forget.Connection);
                disposal.Dispose(_carriers.Take(forget.Connection)!);
                return true;
            case MoqEffect.ForgetSession forget:
                _sessions.Take(forget.Session);
                return true;
            case MoqEffect.StartLinger linger:
                Find(linger.Session).SetTimer(options.Linger, () => post(new MoqEvent.LingerElapsed(linger.Session, linger.Linger)));
                return true;
            case MoqEffect.Close close:
                var closing = Find(close.Session);
                if (!closing.IsDelivering)
                    _ = closing.CloseWhenDeliveredAsync(close.Code, close.Reason, options.ShutdownTimeout * DeliveryPart);
                return true;
            case MoqEffect.Refuse refuse:
                var refused = _carriers.Take(refuse.Connection)!;
                log.Refused(refused.RemoteName, refuse.Code, refuse.Reason);
                disposal.Refuse(refused.Transport, refuse.Code, refuse.Reason);
                return true;
            default:
                return false;
        }
    }

    private SharedSession Establish(long number, bool isOutbound)
    {
        var carrier = _carriers.Find(number)!;
        var session = new SharedSession(carrier, isOutbound, options.PipelineScheduler, runtime, log);
        _sessions.Add(number, session);
        Watch(carrier);
        return session;
    }

    private void Offer(SharedSession session)
    {
        session.AwaitDecision(accepted => post(new MoqEvent.SessionAccepted(accepted.Number)));
        session.SetTimer(options.DecisionTimeout, () => post(new MoqEvent.DecisionTimedOut(session.Number)));
        Notices.Publish(new SessionNotice(session, null), session.Number);
    }

    private void Open(SharedSession session)
    {
        session.Open();
        log.Opened(session.RemoteId.ToShortString(), session.IsOutbound);
        MoqTelemetry.SessionsActive.Add(1);
        Notices.Publish(new SessionNotice(session, new SessionEvent(session.View, null)), session.Number);
    }

    private void Join(MoqEffect.Join join)
    {
        var carrier = _carriers.Find(join.Connection)!;
        if (!Find(join.Session).TryJoin(carrier, _carriers.Find(join.Main)!))
        {
            post(new MoqEvent.JoinFailed(join.Session, join.Connection));
            return;
        }

        log.Joined(carrier.RemoteName, carrier.IsOutbound);
        Watch(carrier);
    }

    private void Report(SharedSession session, Func<SharedSession, SessionClosed> end)
    {
        var closed = end(session);
        log.Closed(session.RemoteId.ToShortString(), closed.Code, closed.Reason, closed.IsRemote ? "the peer" : "this side", closed.Cause.ToString());
        MoqTelemetry.SessionsActive.Add(-1);
        if (MoqTelemetry.SessionsClosed.Enabled)
            MoqTelemetry.SessionsClosed.Add(1, new("moq.session.end", closed.Cause.ToString()), new("moq.code", closed.Code.Value));
        Notices.Retire(session.Number);
        Notices.Publish(new SessionNotice(session, new SessionEvent(session.View, closed)));
    }

    /// <summary>Says whether the peer opens a stream on a connection. If the connection ends first, that is told as any end is.</summary>
    private async Task AwaitStreamAsync(MoqConnection carrier)
    {
        using var limit = runtime.Limit(CandidateLimit);
        try
        {
            await carrier.WaitForStreamAsync(limit.Token).ConfigureAwait(false);
            post(new MoqEvent.StreamArrived(carrier.Number));
        }
        catch (OperationCanceledException)
        {
            post(new MoqEvent.CandidateTimedOut(carrier.Number));
        }
        catch (TransportClosedException)
        {
            // Told by the watch.
        }
    }

    /// <summary>Tells of the connection's end. Again changes nothing.</summary>
    private void Watch(MoqConnection carrier)
    {
        if (!_watched.Add(carrier.Number))
            return;
        _ = WatchAsync(carrier);
    }

    private async Task WatchAsync(MoqConnection carrier)
    {
        await carrier.Ended.ConfigureAwait(false);
        post(new MoqEvent.ConnectionEnded(carrier.Number, carrier.IsSupersededByPeer));
    }
}
