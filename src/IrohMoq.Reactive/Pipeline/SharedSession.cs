using System.Collections.Immutable;
using System.Reactive.Concurrency;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// A session with one peer, behind all its handles. It outlives the connection that it began on if another one carries it on: what is announced, and who waits, stays.
/// Connections come and go on the pipeline's loop; everything else may be called from any thread.
/// </summary>
internal sealed class SharedSession
{
    private readonly Lock _gate = new();
    private readonly OriginProducer _remote;
    private readonly Completion<SessionClosed> _closed;
    private readonly SessionHost _host;
    private ImmutableArray<MoqConnection> _carriers;
    private (MoqErrorCode Code, string Reason)? _closing;
    private Action<SharedSession>? _accepted;
    private MoqConnection _main;
    private TransportEnd? _lastEnd;
    private ITimer? _timer;
    private bool _isOpen;
    private bool _isHeld;
    private int _decided;

    public SharedSession(MoqConnection first, bool isOutbound, IScheduler scheduler, Runtime runtime, ILogger log)
    {
        Number = first.Number;
        RemoteId = first.Transport.RemoteId.IsEmpty ? default : new EndpointId(first.Transport.RemoteId.Span);
        IsOutbound = isOutbound;
        Scheduler = scheduler;
        Runtime = runtime;
        Log = log;
        _main = first;
        _carriers = [first];
        Local = new OriginProducer(runtime);
        Announced = new AnnouncedBroadcasts(Local);
        _remote = new OriginProducer(runtime);
        Remote = _remote.Consume();
        _closed = new Completion<SessionClosed>(runtime);
        _host = new SessionHost(this, runtime);
        _host.Set(_carriers, first);
        first.Host = _host;
        View = new MoqSession(this, giveBack: null, isHeld: false);
    }

    public long Number { get; }

    public EndpointId RemoteId { get; }

    public bool IsOutbound { get; }

    public IScheduler Scheduler { get; }

    public Runtime Runtime { get; }

    public ILogger Log { get; }

    /// <summary>What is announced to the peer.</summary>
    public OriginProducer Local { get; }

    /// <summary>What the manager has announced to the peer, for all sessions.</summary>
    public AnnouncedBroadcasts Announced { get; }

    /// <summary>What the peer announces.</summary>
    public OriginConsumer Remote { get; }

    /// <summary>The handle that goes with events: always the same one, and it holds nothing.</summary>
    public MoqSession View { get; }

    public ITransportConnection Connection => Volatile.Read(ref _main).Transport;

    /// <summary>False as soon as it is known to be over: before its end is reported.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
                return _closing is null && (_isHeld || _carriers.Any(static carrier => carrier.IsOpen));
        }
    }

    /// <summary>True if the session is open and nothing but this connection carries it.</summary>
    public bool IsCarriedOnlyBy(MoqConnection carrier)
    {
        lock (_gate)
            return _closing is null && _carriers is [var only] && only == carrier;
    }

    /// <summary>Calls back after a while, unless it is set again or the session is over by then. Only the pipeline's loop sets it.</summary>
    public void SetTimer(TimeSpan time, Action elapsed)
    {
        _timer?.Dispose();
        _timer = Runtime.CreateTimer(static state => ((Action)state!)(), elapsed, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True if it is not closed here, and the peer has another connection instead of what carries it.</summary>
    public bool IsSupersededByPeer
    {
        get
        {
            lock (_gate)
                return _closing is null && _carriers.Any(static carrier => carrier.IsSupersededByPeer);
        }
    }

    /// <summary>Completes when the session is over; each call gives a task of its own.</summary>
    public Task<SessionClosed> WhenClosedAsync() => _closed.WaitAsync();

    /// <summary>Begins to serve and to announce.</summary>
    public void Open()
    {
        lock (_gate)
            _isOpen = true;
        foreach (var carrier in _carriers)
            carrier.Start(Local, _remote);
    }

    /// <summary>Another connection carries the session as well.</summary>
    /// <returns>False if the session is over: it carries nothing any more.</returns>
    public bool TryJoin(MoqConnection carrier, MoqConnection main)
    {
        (MoqErrorCode Code, string Reason)? closing;
        lock (_gate)
        {
            closing = _closing;
            // The end of one that the peer has superseded may be known here before it is reported: the one that joins is what superseded it.
            if (!_isHeld && (closing is not null || !_carriers.Any(static other => other.IsOpen || other.IsSupersededByPeer)))
                return false;
            _isHeld = false;
            carrier.Host = _host;
            _carriers = _carriers.Add(carrier);
            _main = main;
            _host.Set(_carriers, main);
        }

        if (closing is { } end)
            carrier.Close(end.Code, end.Reason);
        else if (_isOpen)
            carrier.Start(Local, _remote);
        return true;
    }

    /// <summary>The last connection is over, and the one that is to carry the session on is still being dialed.</summary>
    public void Hold(MoqConnection last)
    {
        lock (_gate)
        {
            _carriers = _carriers.Remove(last);
            _lastEnd = last.End;
            _isHeld = true;
            _host.Set(_carriers, _main);
        }
    }

    /// <summary>The connection that the session was held for has not come.</summary>
    public SessionClosed EndHeld()
    {
        lock (_gate)
            return _closing is { } closing ? End(closing.Code, closing.Reason) : End(_lastEnd!);
    }

    /// <summary>A connection is over; another one carries the session on.</summary>
    public void Leave(MoqConnection carrier, MoqConnection main)
    {
        lock (_gate)
        {
            _carriers = _carriers.Remove(carrier);
            _main = main;
            _lastEnd = carrier.End;
            _host.Set(_carriers, main);
        }
    }

    /// <summary>Closes the session with all that carries it. The first close wins.</summary>
    public void Close(MoqErrorCode code, string reason)
    {
        ImmutableArray<MoqConnection> carriers;
        lock (_gate)
        {
            _closing ??= (code, reason);
            (code, reason) = _closing.Value;
            carriers = _carriers;
        }

        foreach (var carrier in carriers)
            carrier.Close(code, reason);
    }

    /// <summary>True from when <see cref="CloseWhenDeliveredAsync"/> began. Only the pipeline's loop asks.</summary>
    public bool IsDelivering { get; private set; }

    /// <summary>Closes the session when the peer has what is finished of what it subscribed to, at once if there is nothing of the kind, and at the latest after the limit.</summary>
    public async Task CloseWhenDeliveredAsync(MoqErrorCode code, string reason, TimeSpan limit)
    {
        IsDelivering = true;
        using (var time = Runtime.Limit(limit))
        {
            try
            {
                foreach (var carrier in _carriers)
                    await carrier.Served.WaitUntilDeliveredAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // It has had its time.
            }
        }

        Close(code, reason);
    }

    /// <summary>Closes a session that is not wanted.</summary>
    public void Refuse(MoqErrorCode code, string reason)
    {
        Log.Refused(RemoteId.ToShortString(), code, reason);
        Close(code, reason);
    }

    /// <summary>From now on the session waits for a decision; who accepts it first is told.</summary>
    public void AwaitDecision(Action<SharedSession> accepted) => _accepted = accepted;

    /// <summary>The first decision wins, whatever it is.</summary>
    public bool TryDecide() => Interlocked.Exchange(ref _decided, 1) == 0;

    public bool TryAccept()
    {
        if (!TryDecide())
            return false;
        _accepted?.Invoke(this);
        return true;
    }

    /// <summary>The session is over with its last connection.</summary>
    /// <param name="last">That connection.</param>
    public SessionClosed End(MoqConnection last)
    {
        lock (_gate)
        {
            // One that was to carry it on, and found it over, does not tell why.
            var end = _carriers.Contains(last) ? last.End : _lastEnd;
            // Closed here, and its connection has not taken notice yet.
            if (end is null && _closing is { } closing)
                return End(closing.Code, closing.Reason);
            return End(end ?? Lost);
        }
    }

    /// <summary>A later session with the same peer has taken the place of this one; what runs on its connections still has a moment.</summary>
    public SessionClosed EndSuperseded()
    {
        lock (_gate)
        {
            if (_closing is null && _carriers.All(static carrier => !carrier.IsOpen))
                return End(_main.End ?? _lastEnd ?? Lost);
            _closing ??= (MoqErrorCode.Superseded, MoqConnection.SupersededReason);
            return End(_closing.Value.Code, _closing.Value.Reason);
        }
    }

    private static TransportEnd Lost => new(TransportEndCause.TransportError, 0, "", IsRemote: false);

    private SessionClosed End(MoqErrorCode code, string reason) => End(new TransportEnd(TransportEndCause.ClosedByApplication, code.Value, reason, IsRemote: false));

    private SessionClosed End(TransportEnd end)
    {
        var cause = end.Cause switch
        {
            TransportEndCause.ClosedByApplication => SessionEndCause.Closed,
            TransportEndCause.TimedOut => SessionEndCause.TimedOut,
            TransportEndCause.Reset => SessionEndCause.Reset,
            _ => SessionEndCause.TransportError,
        };
        // Whoever is told of the end finds that nothing can be waited for any more.
        _timer?.Dispose();
        _host.End();
        _remote.Close(() => MoqConnection.ClosedException(end));
        Local.Close(() => MoqConnection.ClosedException(end));
        // Who keeps the session that is over does not keep what was published then.
        Announced.Clear();
        var closed = new SessionClosed(View, cause, MoqConnection.CodeOf(end), end.Reason, end.IsRemote);
        _closed.TrySet(closed);
        return closed;
    }
}
