using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Knows the objects behind the pipeline's numbers and carries out its effects; what they lead to comes back as events. A caller puts an object into its table before it posts the event
/// that names it; from then on the loop has it.
/// </summary>
internal sealed class Shell
{
    private readonly ObjectTable<MoqSession> _sessions = new();
    private readonly ObjectTable<PublishedBroadcast> _broadcasts = new();
    private readonly ObjectTable<ConnectWaiter> _waiters = new();
    private readonly MoqOptions _options;
    private readonly Turns _turns;
    private readonly ILogger _log;
    private readonly SerialLoop _loop;
    private readonly Dialler _dialler;
    private readonly LaggingReplay<SessionEvent> _events;
    private readonly OneShot<bool> _finished;
    private ITimer? _shutdownLimit;
    private Exception? _death;
    private long _numbers;
    private int _shuttingDown;

    public Shell(IEndpoint endpoint, MoqOptions options, Turns turns, ILogger log, LaggingReplay<SessionEvent> events)
    {
        _options = options;
        _turns = turns;
        _log = log;
        _events = events;
        _finished = new OneShot<bool>(turns);
        _dialler = new Dialler(endpoint, options, turns, log, connection => Add(connection, isDialled: true).Number, Post);
        _loop = new SerialLoop(
            options.PipelineScheduler,
            MoqState.Empty(new MoqLimits(options.MaxSessions, options.MaxSessionsPerPeer)),
            CarryOut,
            log.EffectFailed,
            options.Rules,
            options.Witness);
        _ = WatchAsync(endpoint);
    }

    /// <summary>True as soon as nothing new is taken any more.</summary>
    public bool IsClosed => Volatile.Read(ref _shuttingDown) != 0 || _loop.State.IsClosed;

    /// <summary>The names that are published now, in order. What its caller has published or taken back before counts already.</summary>
    public IReadOnlyList<BroadcastPath> PublishedNames()
    {
        var newest = new SortedDictionary<BroadcastPath, PublishedBroadcast>();
        foreach (var broadcast in _broadcasts.ToArray())
            newest[broadcast.Name] = broadcast;
        return [.. newest.Where(entry => !entry.Value.IsEnded).Select(entry => entry.Key)];
    }

    /// <summary>Takes a new connection in as a session of a peer that dialled us.</summary>
    public void Accept(ITransportConnection connection)
    {
        var session = Add(connection, isDialled: false);
        _log.Accepted(session.RemoteId.ToShortString(), session.Protocol);
        Post(new MoqEvent.SessionArrived(session.Number, session.RemoteId));
    }

    public async ValueTask<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken)
    {
        var waiter = new ConnectWaiter(Next(), remote.Id, _turns);
        _waiters.Add(waiter.Number, waiter);
        Post(new MoqEvent.ConnectRequested(waiter.Number, Next(), remote));
        // Behind the request, so that a token that is cancelled by now finds something to take back.
        var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (shell, waiter) = ((Shell, ConnectWaiter))state!;
                shell.Cancel(waiter, token);
            },
            (this, waiter));
        try
        {
            return await waiter.Result.ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }
    }

    public PublishedBroadcast Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        var published = new PublishedBroadcast(Next(), name, broadcast, ended => Post(new MoqEvent.BroadcastEnded(ended.Number, ended.Name)));
        _broadcasts.Add(published.Number, published);
        Post(new MoqEvent.BroadcastPublished(published.Number, name));
        published.Watch();
        return published;
    }

    /// <summary>Closes everything; the result comes when every session and dial has reported its end, at most after the limit of the options.</summary>
    public Task ShutdownAsync()
    {
        // Before anything is changed: a call from a thread that may not use these turns must leave no half of a shutdown behind.
        _turns.Verify();
        if (Interlocked.Exchange(ref _shuttingDown, 1) == 0)
        {
            _shutdownLimit = _turns.CreateTimer(static shell => ((Shell)shell!).GiveUp(), this, _options.ShutdownTimeout, Timeout.InfiniteTimeSpan);
            Post(new MoqEvent.ShutdownRequested());
        }

        return _finished.WaitAsync();
    }

    private long Next() => Interlocked.Increment(ref _numbers);

    private void Post(MoqEvent happened) => _loop.Post(happened);

    private MoqSession Add(ITransportConnection connection, bool isDialled)
    {
        var session = new MoqSession(Next(), connection, isDialled, _turns, _options, _log);
        _sessions.Add(session.Number, session);
        return session;
    }

    private void CarryOut(MoqEffect effect)
    {
        switch (effect)
        {
            case MoqEffect.StartDial dial:
                _dialler.Start(dial.Dial, dial.Remote);
                break;
            case MoqEffect.CancelDial dial:
                _dialler.Cancel(dial.Dial);
                break;
            case MoqEffect.EndDial dial:
                _dialler.End(dial.Dial);
                break;
            case MoqEffect.OfferSession offer:
                Offer(offer);
                break;
            case MoqEffect.CompleteWaiter complete:
                _waiters.Take(complete.Waiter)?.Complete(_sessions.Find(complete.Session)!);
                break;
            case MoqEffect.FailWaiter fail:
                _waiters.Take(fail.Waiter)?.Fail(_dialler.Failure(fail.Dial));
                break;
            case MoqEffect.RefuseWaiter refuse:
                _waiters.Take(refuse.Waiter)?.Fail(Refusal(refuse.Refusal));
                break;
            case MoqEffect.Announce announce:
                _sessions.Find(announce.Session)!.Announce(_broadcasts.Find(announce.Broadcast)!);
                break;
            case MoqEffect.Withdraw withdraw:
                _sessions.Find(withdraw.Session)!.Withdraw(withdraw.Broadcast);
                break;
            case MoqEffect.Forget forget:
                _broadcasts.Take(forget.Broadcast)!.Forget();
                break;
            case MoqEffect.Open open:
                Open(_sessions.Find(open.Session)!);
                break;
            case MoqEffect.ReportClosed closed:
                ReportClosed(_sessions.Take(closed.Session)!);
                break;
            case MoqEffect.Close close:
                _sessions.Find(close.Session)!.Close(close.Code, close.Reason);
                break;
            case MoqEffect.Refuse refuse:
                _sessions.Take(refuse.Session)!.Refuse(refuse.Code, refuse.Reason);
                break;
            case MoqEffect.Finish:
                Finish();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "An effect that nobody carries out.");
        }
    }

    private void Offer(MoqEffect.OfferSession offer)
    {
        var session = _sessions.Find(offer.Session)!;
        if (!session.IsOpen)
            Post(new MoqEvent.OfferFailed(offer.Waiter, offer.Dial, offer.Remote, offer.Session));
        else
            _waiters.Take(offer.Waiter)?.Complete(session);
    }

    private void Open(MoqSession session)
    {
        session.Start();
        _log.Opened(session.RemoteId.ToShortString(), session.IsDialled);
        _events.Publish(new SessionEvent(session, null), session.Number);
        _ = WatchAsync(session);
    }

    private async Task WatchAsync(MoqSession session)
    {
        session.Closure = await session.WhenClosedAsync().ConfigureAwait(false);
        Post(new MoqEvent.SessionEnded(session.Number));
    }

    private void ReportClosed(MoqSession session)
    {
        var closed = session.Closure!;
        _log.Closed(session.RemoteId.ToShortString(), closed.Code, closed.Reason, closed.IsRemote ? "the peer" : "this side", closed.Cause.ToString());
        _events.Retire(session.Number);
        _events.Publish(new SessionEvent(session, closed));
    }

    private void Cancel(ConnectWaiter waiter, CancellationToken token)
    {
        if (_waiters.Take(waiter.Number) is null)
            return;
        waiter.Fail(new OperationCanceledException(token));
        Post(new MoqEvent.ConnectCancelled(waiter.Number, waiter.Peer));
    }

    private Exception Refusal(WaiterRefusal refusal) => refusal switch
    {
        WaiterRefusal.TooManySessions => new MoqException(
            MoqErrorCode.BoundsExceeded, $"There are {_options.MaxSessions} sessions and dials already. Close some, or raise MoqOptions.MaxSessions."),
        _ when _death is not null => Death(),
        _ => new ObjectDisposedException(nameof(Moq), "It has been shut down: create a new one to dial."),
    };

    private MoqException Death() => new(MoqErrorCode.Transport, $"The endpoint died: {_death!.Message}", false, _death);

    private async Task WatchAsync(IEndpoint endpoint)
    {
        _death = await endpoint.Closed.ConfigureAwait(false);
        Post(new MoqEvent.EndpointEnded());
    }

    private void GiveUp()
    {
        if (_finished.IsSet)
            return;
        _log.ShutdownTooLong(_options.ShutdownTimeout);
        Finish();
    }

    private void Finish()
    {
        _shutdownLimit?.Dispose();
        _events.Complete(_death is null ? null : Death);
        _finished.TrySet(true);
    }
}
