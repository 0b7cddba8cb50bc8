using System.Collections.Immutable;
using System.Reactive.Linq;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Endpoints;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Composes the manager from the event sources, the pipeline, the classes that carry out its effects, and the ring of notices.
/// </summary>
#pragma warning disable CA1001 // A source without a timer or a link has nothing to dispose, and its token is used after the end.
internal sealed class MoqManager
#pragma warning restore CA1001
{
    private readonly Numbers _numbers = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Completion<bool> _finished;
    private readonly ConnectionSettings _settings;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly EventSources _sources;
    private readonly ConnectionDisposal _disposal;
    private readonly ConnectionTable _connections;
    private readonly BroadcastTable _broadcasts;
    private readonly SessionTable _sessions;
    private readonly Dialer _dialer;
    private readonly CallerTable _callers;
    private readonly Admission _admission;
    private readonly NoticePublisher _notices;
    private ITimer? _shutdownLimit;
    private Exception? _death;
    private Exception? _failure;
    private int _isShuttingDown;

    public MoqManager(IEndpoint endpoint, MoqOptions options, Runtime runtime, ILogger log)
    {
        _settings = options.ToSettings();
        _runtime = runtime;
        _log = log;
        _finished = new Completion<bool>(runtime);
        _sources = new EventSources(Fail);
        _disposal = new ConnectionDisposal(runtime, log);
        _connections = new ConnectionTable(_settings, runtime, log, _disposal, _sources.Closures.Post, _sources.Timers.Post)
        {
            Hop = HopId.Create(options.Seed, endpoint.Id.ToArray()),
            Numbers = _numbers,
        };
        _broadcasts = new BroadcastTable(_sources.Commands.Post, _sources.Broadcasts.Post);
        _sessions = new SessionTable(_settings, runtime, log, _connections, _broadcasts, _sources.Commands.Post, _sources.Timers.Post);
        _dialer = new Dialer(endpoint, _settings, runtime, log, _disposal, _connections, _numbers, _sources.Dials.Post);
        _callers = new CallerTable(_sessions, _dialer, runtime, Refusal, _sources.Commands.Post);
        _admission = new Admission(
            options.AcceptPolicy, _settings, runtime, log, _disposal, _connections, _numbers, _sources.Arrivals.Post);
        Scheduler = options.Scheduler ?? RuntimeSchedulers.Of(runtime);
        _notices = new NoticePublisher(_sessions, _broadcasts, options.NoticeCapacity, runtime, log);
        Start(
            MoqState.Empty(new ReducerConfig(endpoint.Id, options.MaxSessions, options.MaxSessionsPerPeer, options.RequireAccept)),
            options);
        _ = WatchAsync(endpoint);
    }

    /// <summary>Gets the runtime of the manager, which provides the clock.</summary>
    public Runtime Runtime => _runtime;

    /// <summary>Gets the log.</summary>
    public ILogger Log => _log;

    /// <summary>Gets the limits of each session.</summary>
    public SessionLimits Limits => _settings.Limits;

    /// <summary>Gets the scheduler of the pipeline and, by default, of observers.</summary>
    public System.Reactive.Concurrency.IScheduler Scheduler { get; }

    /// <summary>Gets the notices of sessions and broadcasts, in the order in which they occurred.</summary>
    public NoticeRing<Notice> Notices => _notices.Notices;

    /// <summary>Gets the currently open sessions.</summary>
    public LatestValue<ImmutableSortedDictionary<long, SharedSession>> Sessions => _notices.Sessions;

    /// <summary>
    /// Gets the token that is canceled when the manager accepts no new work any more, because it is shut down, its endpoint ended, or
    /// the manager failed.
    /// </summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Throws an exception if the manager accepts no new work any more.</summary>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint or the manager failed.</exception>
    public void ThrowIfOver()
    {
        if (_over.IsCancellationRequested)
            throw OverException();
    }

    /// <summary>Returns the exception to throw for a call after the end of the manager.</summary>
    public Exception OverException() =>
        (Exception?)EndFault()
        ?? new ObjectDisposedException(nameof(Moq), "The Moq has been shut down. Create a new one to continue.");

    /// <summary>Returns the exception that ended the manager, or null if the manager was shut down or has not ended.</summary>
    public MoqException? EndFault()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            return new MoqException(
                MoqErrorCode.Transport,
                $"The Moq failed and is closed: {failure.Message.TrimEnd('.')}. Create a new one to continue.",
                false,
                failure);
        }

        return Volatile.Read(ref _death) is { } death
            ? new MoqException(
                MoqErrorCode.Transport,
                $"The endpoint died: {death.Message.TrimEnd('.')}. Create a new endpoint, and a new Moq on it.",
                false,
                death)
            : null;
    }

    public IReadOnlyList<BroadcastPath> PublishedNames() => _broadcasts.Names();

    public async ValueTask AcceptAsync(ITransportConnection transport, CancellationToken cancellationToken)
    {
        if (_over.IsCancellationRequested)
            _disposal.Refuse(transport, MoqErrorCode.Cancel, MoqReducer.ShutdownReason);
        else
            await _admission.AcceptAsync(transport, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SharedSession> ConnectAsync(EndpointAddr remote, SessionRequest? request, CancellationToken cancellationToken)
    {
        ThrowIfOver();
        cancellationToken.ThrowIfCancellationRequested();
        SessionProtocols.ThrowIfNoneCarries(request, _settings.Protocols);
        return await _callers.ConnectAsync(_numbers.Next(), _numbers.Next(), remote, request, cancellationToken).ConfigureAwait(false);
    }

    public PublishedBroadcast Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        ThrowIfOver();
        return _broadcasts.Publish(_numbers.Next(), name, broadcast);
    }

    /// <summary>
    /// Closes all sessions and cancels all dials. The task completes when every connection and dial has reported its end and every
    /// observer was notified, or when the time limit of the options elapses.
    /// </summary>
    public Task ShutdownAsync()
    {
        // This is checked before any change, so that a call from a thread that may not use this runtime does not start an incomplete
        // shutdown.
        _runtime.Verify();
        if (Interlocked.Exchange(ref _isShuttingDown, 1) == 0 && _failure is null)
        {
            _shutdownLimit = _runtime.CreateTimer(
                static manager => ((MoqManager)manager!).GiveUp(), this, _settings.ShutdownTimeout, Timeout.InfiniteTimeSpan);
            _over.Cancel();
            _sources.Commands.Post(new MoqEvent.ShutdownRequested());
        }

        return _finished.WaitAsync();
    }

    private void Start(MoqState initial, MoqOptions options)
    {
        var handlers = new EffectHandlers(OnEffectFailed)
        {
            OnDial = _dialer.Run,
            OnConnection = _connections.Run,
            OnSession = _sessions.Run,
            OnBroadcast = _broadcasts.Run,
            OnNotice = _notices.Run,
            OnReply = _callers.Run,
        };
        var steps = MoqPipeline.Compose(_sources, Scheduler, options.Rules ?? MoqReducer.Reduce, initial, options.Tap);
        steps.HandleEffects(handlers, options.Tap);
        steps.Where(static step => step.State.IsOver).Take(1).Subscribe(_ => FinishInBackground(), Fail);
        steps.Connect();
    }

    private Exception Refusal(CallerRefusal refusal) => refusal switch
    {
        CallerRefusal.TooManySessions => new MoqConnectException(
            ConnectError.TooManySessions,
            $"There are {_settings.MaxSessions} sessions and dials already. Close some, or raise MoqOptions.MaxSessions."),
        CallerRefusal.OtherRequest => new MoqConnectException(
            ConnectError.OtherRequest,
            "There is a session with the peer, or a dial, with another path or role. Close it first, or dial from another endpoint."),
        _ => OverException(),
    };

    private async Task WatchAsync(IEndpoint endpoint)
    {
        // There is no exception if the endpoint was disposed: in that case the manager is shut down.
        if (await endpoint.WhenEndedAsync().ConfigureAwait(false) is { } death)
            Volatile.Write(ref _death, death);
        _over.Cancel();
        _sources.Closures.Post(new MoqEvent.EndpointEnded());
    }

    /// <summary>
    /// Handles a failed effect: ends the dial, call, connection or session to which the effect belongs. Other peers are not affected.
    /// </summary>
    private void OnEffectFailed(MoqEffect effect, Exception fault)
    {
        _log.EffectFailed(effect, fault);
        try
        {
            switch (effect)
            {
                case DialEffect.Start e:
                    _sources.Dials.Post(new MoqEvent.DialFailed(e.Dial, PeerKey.Of(e.Remote.Id)));
                    break;
                case DialEffect.Repeat e:
                    _sources.Dials.Post(new MoqEvent.DialFailed(e.Dial, PeerKey.Of(_connections.DialOf(e.Connection).Address.Id)));
                    break;
                case ReplyEffect e:
                    _callers.Fail(
                        e.Caller,
                        new MoqException(MoqErrorCode.Transport, $"The call failed: {fault.Message} Try again.", false, fault));
                    break;
                case ConnectionEffect.AwaitStream e:
                    _connections.Fail(e.Connection);
                    break;
                case SessionEffect.Create e:
                    _connections.Fail(e.Session);
                    break;
                case SessionEffect.Open e:
                    _sessions.Fail(e.Session);
                    break;
                case SessionEffect.Announce e:
                    _sessions.Fail(e.Session);
                    break;
                case SessionEffect.Join e:
                    _connections.Fail(e.Connection);
                    break;
            }
        }
        catch (Exception second)
        {
            _log.EffectFailed(effect, second);
        }
    }

    /// <summary>
    /// Ends the manager after an unrecoverable exception: pending operations fail, and every connection is closed.
    /// </summary>
    private void Fail(Exception fault)
    {
        if (Interlocked.CompareExchange(ref _failure, fault, null) is not null)
            return;
        _log.PipelineFailed(fault);
        _over.Cancel();
        _dialer.CancelAll();
        _callers.FailAll(OverException);
        _connections.DisposeAll(MoqErrorCode.Transport, "internal error");
        _disposal.StopWaiting();
        _sessions.EndAll();
        Complete();
        _shutdownLimit?.Dispose();
        _finished.TrySet(true);
    }

    private void GiveUp()
    {
        if (_finished.IsSet)
            return;
        _log.ShutdownTooLong(_settings.ShutdownTimeout);
        _disposal.StopWaiting();
        _connections.DisposeAll(MoqErrorCode.Cancel, MoqReducer.ShutdownReason);
        Complete();
        _finished.TrySet(true);
    }

    private void FinishInBackground() => _ = FinishAsync();

    /// <summary>
    /// Completes all streams, and completes the shutdown after every observer was notified and every connection is disposed.
    /// </summary>
    private async Task FinishAsync()
    {
        Complete();
        _disposal.StopWaiting();
        await Notices.WaitUntilDeliveredAsync().ConfigureAwait(false);
        await _disposal.WaitAsync().ConfigureAwait(false);
        _shutdownLimit?.Dispose();
        _finished.TrySet(true);
    }

    private void Complete() => _notices.Complete(EndFault() is null ? null : () => EndFault()!);
}
