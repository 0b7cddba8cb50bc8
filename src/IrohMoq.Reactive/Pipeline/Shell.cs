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
    private readonly ObjectTable<ConnectWaiter> _waiters = new();
    private readonly MoqOptions _options;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly SerialLoop _loop;
    private readonly Dialer _dialer;
    private readonly SessionShell _sessions;
    private readonly BroadcastShell _broadcasts;
    private readonly ConnectionDisposal _disposal;
    private readonly Completion<bool> _finished;
    private ITimer? _shutdownLimit;
    private Exception? _death;
    private long _numbers;
    private int _shuttingDown;

    public Shell(IEndpoint endpoint, MoqOptions options, Runtime runtime, ILogger log)
    {
        _options = options;
        _runtime = runtime;
        _log = log;
        _finished = new Completion<bool>(runtime);
        _disposal = new ConnectionDisposal(runtime, log);
        _sessions = new SessionShell(options, runtime, log, _disposal, Post);
        _broadcasts = new BroadcastShell(options, runtime, log, Post);
        _dialer = new Dialer(endpoint, options, runtime, log, _disposal, connection => _sessions.Add(Next(), connection, isOutbound: true).Number, Post);
        _loop = new SerialLoop(
            options.PipelineScheduler,
            MoqState.Empty(new MoqTerms(endpoint.Id, options.MaxSessions, options.MaxSessionsPerPeer, options.RequireAccept)),
            CarryOut,
            log.EffectFailed,
            options.Rules,
            options.Witness);
        _ = WatchAsync(endpoint);
    }

    /// <summary>What observers of sessions are told.</summary>
    public LaggingReplay<SessionNotice> SessionNotices => _sessions.Notices;

    /// <summary>What observers of broadcasts are told.</summary>
    public LaggingReplay<BroadcastEvent> BroadcastEvents => _broadcasts.Events;

    /// <summary>True as soon as nothing new is taken any more.</summary>
    public bool IsClosed => Volatile.Read(ref _shuttingDown) != 0 || _loop.State.IsClosed;

    /// <summary>The names that are published now, in order. What its caller has published or taken back before counts already.</summary>
    public IReadOnlyList<BroadcastPath> PublishedNames() => _broadcasts.Names();

    /// <summary>Takes a connection that a peer has dialed, unless the peer may not come in.</summary>
    public void Accept(ITransportConnection connection)
    {
        if (!Admits(new EndpointId(connection.RemoteId.Span)))
        {
            _disposal.Refuse(connection, MoqErrorCode.Unauthorized, "not admitted");
            return;
        }

        var carrier = _sessions.Add(Next(), connection, isOutbound: false);
        _log.Accepted(carrier.RemoteName, connection.Protocol);
        Post(new MoqEvent.ConnectionArrived(carrier.Number, new EndpointId(connection.RemoteId.Span)));
    }

    public async ValueTask<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken)
    {
        var waiter = new ConnectWaiter(Next(), remote.Id, _runtime);
        _waiters.Add(waiter.Number, waiter);
        Post(new MoqEvent.ConnectRequested(waiter.Number, Next(), remote));
        // Behind the request, so that a token that is canceled by now finds something to take back.
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

    public PublishedBroadcast Publish(BroadcastPath name, BroadcastConsumer broadcast) => _broadcasts.Publish(Next(), name, broadcast);

    /// <summary>Closes everything; the result comes when every connection and dial has reported its end and every observer has been told, at most after the limit of the options.</summary>
    public Task ShutdownAsync()
    {
        // Before anything is changed: a call from a thread that may not use this runtime must leave no half of a shutdown behind.
        _runtime.Verify();
        if (Interlocked.Exchange(ref _shuttingDown, 1) == 0)
        {
            _shutdownLimit = _runtime.CreateTimer(static shell => ((Shell)shell!).GiveUp(), this, _options.ShutdownTimeout, Timeout.InfiniteTimeSpan);
            Post(new MoqEvent.ShutdownRequested());
        }

        return _finished.WaitAsync();
    }

    private long Next() => Interlocked.Increment(ref _numbers);

    private void Post(MoqEvent happened) => _loop.Post(happened);

    private bool Admits(EndpointId peer)
    {
        if (_options.Admit is not { } policy)
            return true;
        try
        {
            if (policy(peer))
                return true;
            _log.Refused(peer.ToShortString(), MoqErrorCode.Unauthorized, "not admitted");
        }
        catch (Exception fault)
        {
            _log.AdmitFailed(peer.ToShortString(), fault);
        }

        return false;
    }

    private void CarryOut(MoqEffect effect)
    {
        switch (effect)
        {
            case MoqEffect.StartDial dial:
                _dialer.Start(dial.Dial, dial.Remote);
                break;
            case MoqEffect.ExtendDial dial:
                _dialer.Extend(dial.Dial, dial.Remote);
                break;
            case MoqEffect.CancelDial dial:
                _dialer.Cancel(dial.Dial);
                break;
            case MoqEffect.EndDial dial:
                _dialer.End(dial.Dial);
                break;
            case MoqEffect.OfferSession offer:
                Offer(offer);
                break;
            case MoqEffect.CompleteWaiter complete:
                Complete(complete.Waiter, _sessions.Find(complete.Session));
                break;
            case MoqEffect.FailWaiter fail:
                _waiters.Take(fail.Waiter)?.Fail(_dialer.Failure(fail.Dial));
                break;
            case MoqEffect.RefuseWaiter refuse:
                _waiters.Take(refuse.Waiter)?.Fail(Refusal(refuse.Refusal));
                break;
            case MoqEffect.Announce announce:
                _sessions.Find(announce.Session).Announced.Announce(_broadcasts.Find(announce.Broadcast));
                break;
            case MoqEffect.Finish:
                _ = FinishAsync();
                break;
            default:
                if (!_sessions.TryCarryOut(effect) && !_broadcasts.TryCarryOut(effect))
                    throw new ArgumentOutOfRangeException(nameof(effect), effect, "An effect that nobody carries out.");
                break;
        }
    }

    private void Offer(MoqEffect.OfferSession offer)
    {
        var session = _sessions.Find(offer.Session);
        if (!session.IsOpen)
            Post(new MoqEvent.OfferFailed(offer.Waiter, offer.Dial, offer.Remote, offer.Session, session.IsSupersededByPeer));
        else
            Complete(offer.Waiter, session);
    }

    private void Complete(long number, SharedSession session)
    {
        // One who has stopped waiting meanwhile has a lease all the same, and nobody else to give it back.
        if (_waiters.Take(number) is { } waiter)
            waiter.Complete(new MoqSession(session, ReturnLease));
        else
            ReturnLease(session);
    }

    private void ReturnLease(SharedSession session) => Post(new MoqEvent.LeaseReturned(session.Number));

    private void Cancel(ConnectWaiter waiter, CancellationToken token)
    {
        if (_waiters.Take(waiter.Number) is null)
            return;
        waiter.Fail(new OperationCanceledException(token));
        Post(new MoqEvent.ConnectCanceled(waiter.Number, waiter.Peer));
    }

    private Exception Refusal(WaiterRefusal refusal) => refusal switch
    {
        WaiterRefusal.TooManySessions => new MoqConnectException(
            ConnectError.TooManySessions, $"There are {_options.MaxSessions} sessions and dials already. Close some, or raise MoqOptions.MaxSessions."),
        _ when _death is not null => Death(),
        _ => new ObjectDisposedException(nameof(Moq), "It has been shut down: create a new one to dial."),
    };

    private MoqException Death() => new(MoqErrorCode.Transport, $"The endpoint died: {_death!.Message.TrimEnd('.')}. Bind a new one, and create a new Moq on it.", false, _death);

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
        _disposal.StopWaiting();
        _sessions.DisposeAll();
        Complete();
        _finished.TrySet(true);
    }

    /// <summary>The streams end, and with them the shutdown: after every observer has been told and every connection is disposed.</summary>
    private async Task FinishAsync()
    {
        Complete();
        _disposal.StopWaiting();
        await SessionNotices.Told.ConfigureAwait(false);
        await BroadcastEvents.Told.ConfigureAwait(false);
        await _disposal.WaitAsync().ConfigureAwait(false);
        _shutdownLimit?.Dispose();
        _finished.TrySet(true);
    }

    private void Complete()
    {
        Func<Exception>? fault = _death is null ? null : Death;
        SessionNotices.Complete(fault);
        BroadcastEvents.Complete(fault);
    }
}
