using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// Knows the objects behind the pipeline's numbers and carries out its effects; what they lead to comes back as events. Its tables are touched by the loop, and by callers that put something in before they post the event that names it.
/// </summary>
internal sealed class Shell
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, MoqSession> _sessions = [];
    private readonly Dictionary<long, PublishedBroadcast> _broadcasts = [];
    private readonly Dictionary<long, Waiter> _waiters = [];
    private readonly Dictionary<long, Dial> _dials = [];
    private readonly IEndpoint _endpoint;
    private readonly MoqOptions _options;
    private readonly Turns _turns;
    private readonly ILogger _log;
    private readonly SerialLoop _loop;
    private readonly LaggingReplay<SessionEvent> _events;
    private readonly Signal _sessionGone;
    private long _numbers;

    public Shell(IEndpoint endpoint, MoqOptions options, Turns turns, ILogger log, LaggingReplay<SessionEvent> events)
    {
        _endpoint = endpoint;
        _options = options;
        _turns = turns;
        _log = log;
        _events = events;
        _sessionGone = new Signal(turns);
        _loop = new SerialLoop(options.PipelineScheduler, CarryOut, OnSettled);
    }

    public MoqState State => _loop.State;

    /// <summary>Takes a new connection in as a session of a peer that dialled us.</summary>
    public void Accept(MoqSession session)
    {
        var number = Add(session);
        _log.Accepted(session.RemoteId.ToShortString(), session.Protocol);
        _loop.Post(new MoqEvent.SessionArrived(number, session.RemoteId));
    }

    public Task<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(Next(), remote, new OneShot<MoqSession>(_turns)) { Dial = Next() };
        lock (_gate)
            _waiters.Add(waiter.Number, waiter);

        _loop.Post(new MoqEvent.ConnectRequested(waiter.Number, waiter.Dial, remote.Id));
        waiter.Cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((Action<CancellationToken>)state!)(token),
            (Action<CancellationToken>)(token => Cancel(waiter, token)));
        return waiter.Result.Task;
    }

    public PublishedBroadcast Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        var published = new PublishedBroadcast(Next(), name, broadcast, End);
        lock (_gate)
            _broadcasts.Add(published.Number, published);
        _loop.Post(new MoqEvent.BroadcastPublished(published.Number, name));
        broadcast.Producer.OnEnd(published.Dispose);
        return published;
    }

    /// <summary>Closes everything and waits, at most for the given time, until every session has reported its end.</summary>
    public async ValueTask ShutdownAsync(TimeSpan most)
    {
        _loop.Post(new MoqEvent.ShutdownRequested());
        using var limit = _turns.Limit(most);
        try
        {
            while (!_loop.State.IsClosed || HasSessions)
                await _sessionGone.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _log.ShutdownTooLong(most);
        }
    }

    private bool HasSessions
    {
        get
        {
            lock (_gate)
                return _sessions.Count > 0;
        }
    }

    private long Next() => Interlocked.Increment(ref _numbers);

    private long Add(MoqSession session)
    {
        var number = Next();
        session.Number = number;
        lock (_gate)
            _sessions.Add(number, session);
        return number;
    }

    private T? Find<T>(Dictionary<long, T> table, long number)
        where T : class
    {
        lock (_gate)
            return table.GetValueOrDefault(number);
    }

    private T? Take<T>(Dictionary<long, T> table, long number)
        where T : class
    {
        lock (_gate)
            return table.Remove(number, out var taken) ? taken : null;
    }

    private void CarryOut(MoqEffect effect)
    {
        switch (effect)
        {
            case MoqEffect.StartDial dial:
                StartDial(dial);
                break;
            case MoqEffect.CancelDial dial:
                Find(_dials, dial.Dial)?.Cancel.Cancel();
                break;
            case MoqEffect.EndDial dial:
                Take(_dials, dial.Dial);
                break;
            case MoqEffect.CompleteWaiter waiter:
                Complete(waiter);
                break;
            case MoqEffect.FailWaiter waiter:
                Take(_waiters, waiter.Waiter)?.Fail(Find(_dials, waiter.Dial)!.Failure!());
                break;
            case MoqEffect.RefuseWaiter waiter:
                Take(_waiters, waiter.Waiter)?.Fail(new ObjectDisposedException(nameof(Moq), "It has been shut down: create a new one to dial."));
                break;
            case MoqEffect.Announce announce:
                Announce(announce);
                break;
            case MoqEffect.Withdraw withdraw:
                Find(_broadcasts, withdraw.Broadcast)?.Withdraw(withdraw.Session);
                break;
            case MoqEffect.Forget forget:
                Take(_broadcasts, forget.Broadcast)?.Forget();
                break;
            case MoqEffect.Open open:
                Open(open.Session);
                break;
            case MoqEffect.ReportClosed closed:
                ReportClosed(closed.Session);
                break;
            case MoqEffect.Close close:
                Close(close);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "An effect that nobody carries out.");
        }
    }

    /// <summary>Whoever waits for the shutdown looks again.</summary>
    private void OnSettled()
    {
        if (_loop.State.IsClosed)
            _sessionGone.Set();
    }

    private void StartDial(MoqEffect.StartDial effect)
    {
        EndpointAddr remote;
        lock (_gate)
            remote = _waiters.Values.First(waiter => waiter.Dial == effect.Dial).Remote;
        var dial = new Dial();
        lock (_gate)
            _dials.Add(effect.Dial, dial);
        _log.Dialling(remote.Id.ToShortString());
        _turns.Post(() => _ = DialAsync(effect.Dial, dial, remote));
    }

    private async Task DialAsync(long number, Dial dial, EndpointAddr remote)
    {
        using var limit = _turns.Limit(_options.DialTimeout, dial.Cancel.Token);
        MoqEvent result;
        try
        {
            var connection = await _endpoint.ConnectAsync(remote, MoqProtocolHandler.Offered, limit.Token).ConfigureAwait(false);
            var session = new MoqSession(connection, isDialled: true, _turns, _options, _log);
            result = new MoqEvent.DialSucceeded(number, remote.Id, Add(session));
        }
        catch (OperationCanceledException)
        {
            dial.Failure = () => new MoqConnectException(
                ConnectFailure.TimedOut, $"{remote.Id.ToShortString()} did not answer within {_options.DialTimeout}. Check its address, or raise MoqOptions.DialTimeout.");
            result = new MoqEvent.DialFailed(number, remote.Id);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            _log.DialFailed(remote.Id.ToShortString(), failure.Message);
            dial.Failure = () => failure is MoqConnectException connect
                ? new MoqConnectException(connect.Reason, connect.Message, connect.IsRemote, connect)
                : new MoqConnectException(ConnectFailure.Other, failure.Message, false, failure);
            result = new MoqEvent.DialFailed(number, remote.Id);
        }

        _loop.Post(result);
    }

    private void Complete(MoqEffect.CompleteWaiter effect)
    {
        if (Take(_waiters, effect.Waiter) is not { } waiter)
            return;
        var session = Find(_sessions, effect.Session);
        if (session is { IsOpen: true })
        {
            waiter.Complete(session);
            return;
        }

        // The session is over, and its end is on the way to the loop: the caller asks again behind it.
        lock (_gate)
            _waiters.Add(waiter.Number, waiter);
        _ = AskAgainAsync(waiter, session);
    }

    private async Task AskAgainAsync(Waiter waiter, MoqSession? ended)
    {
        if (ended is not null)
            await ended.Closed.ConfigureAwait(false);
        _loop.Post(new MoqEvent.ConnectRequested(waiter.Number, waiter.Dial, waiter.Remote.Id));
    }

    private void Announce(MoqEffect.Announce effect)
    {
        if (Find(_sessions, effect.Session) is { IsOpen: true } session)
            Find(_broadcasts, effect.Broadcast)?.AnnounceOn(effect.Session, session);
    }

    private void Open(long number)
    {
        var session = Find(_sessions, number)!;
        session.Start();
        _log.Opened(session.RemoteId.ToShortString(), session.IsDialled);
        _events.Publish(new SessionEvent(session, null), number);
        _ = WatchAsync(number, session);
    }

    private async Task WatchAsync(long number, MoqSession session)
    {
        session.Closure = await session.Closed.ConfigureAwait(false);
        _loop.Post(new MoqEvent.SessionEnded(number));
    }

    private void ReportClosed(long number)
    {
        var session = Take(_sessions, number)!;
        var closed = session.Closure!;
        foreach (var broadcast in _loop.State.Broadcasts.Values)
            Find(_broadcasts, broadcast)?.Drop(number);
        _log.Closed(session.RemoteId.ToShortString(), closed.Code, closed.Reason, closed.IsRemote ? "the peer" : "this side", closed.Cause);
        _events.Retire(number);
        _events.Publish(new SessionEvent(session, closed));
    }

    private void Close(MoqEffect.Close effect)
    {
        var session = Find(_sessions, effect.Session)!;
        session.Close(effect.Code, effect.Reason);
        // One that never opened has no end to report.
        if (!_loop.State.Sessions.ContainsKey(effect.Session))
            Take(_sessions, effect.Session);
    }

    private void Cancel(Waiter waiter, CancellationToken token)
    {
        if (Take(_waiters, waiter.Number) is null)
            return;
        waiter.Result.TryFail(new OperationCanceledException(token));
        _loop.Post(new MoqEvent.ConnectCancelled(waiter.Number, waiter.Remote.Id));
    }

    private void End(PublishedBroadcast broadcast) => _loop.Post(new MoqEvent.BroadcastEnded(broadcast.Number, broadcast.Name));

    private sealed class Waiter(long number, EndpointAddr remote, OneShot<MoqSession> result)
    {
        public long Number => number;

        public EndpointAddr Remote => remote;

        public OneShot<MoqSession> Result => result;

        /// <summary>The number of the dial that begins if there is none to that peer yet.</summary>
        public long Dial { get; init; }

        public CancellationTokenRegistration Cancellation { get; set; }

        public void Complete(MoqSession session)
        {
            Cancellation.Unregister();
            result.TrySet(session);
        }

        public void Fail(Exception failure)
        {
            Cancellation.Unregister();
            result.TryFail(failure);
        }
    }

    private sealed class Dial
    {
        public CancellationTokenSource Cancel { get; } = new();

        public Func<MoqException>? Failure { get; set; }
    }
}
