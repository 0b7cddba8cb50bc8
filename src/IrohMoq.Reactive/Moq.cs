using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// The manager of one endpoint: dials peers and takes their sessions, one for each peer, and announces what is published to all of them. Safe for any thread.
/// Dispose it to end its sessions; the endpoint is the caller's.
/// </summary>
public sealed class Moq : IAsyncDisposable
{
    private readonly MoqOptions _options;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly Shell _shell;
    private Router? _router;

    /// <summary>Creates a manager that dials. To be dialed as well, put <see cref="ProtocolHandler"/> on a router, or use <see cref="Serve"/>.</summary>
    /// <param name="endpoint">The endpoint. It is not disposed with the manager.</param>
    /// <param name="options">Limits, clock and log; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public Moq(IEndpoint endpoint, MoqOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _options = options ?? MoqOptions.Default;
        _options.Validate();
        // The waits belong to the endpoint, unless the user names a clock.
        _runtime = _options.Scheduler is null ? endpoint.Runtime : SchedulerRuntime.For(_options.Scheduler);
        _log = _options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Moq");
        _shell = new Shell(endpoint, _options, _runtime, _log);
        RandomSource = new RandomSource(_options.Seed);
        ProtocolHandler = new MoqProtocolHandler(this);
    }

    /// <summary>What a router hands moq-lite connections to.</summary>
    public MoqProtocolHandler ProtocolHandler { get; }

    /// <summary>The names that are published now, in order.</summary>
    /// <exception cref="ObjectDisposedException">It has been shut down.</exception>
    public IReadOnlyList<BroadcastPath> PublishedBroadcasts
    {
        get
        {
            ThrowIfShutDown();
            return _shell.PublishedNames();
        }
    }

    /// <summary>
    /// Sessions that open and close, dialed and incoming: who is here. Hot. A subscriber first gets the openings of all sessions that are open; the opening of a session always comes before its closing, and the closing of one that is
    /// superseded before the opening of its successor. Called on the pipeline's scheduler; a subscriber that is more than 1,024 notices behind (an option) skips. Completes on shutdown; fails with a <see cref="MoqException"/> only when the
    /// endpoint dies.
    /// </summary>
    public IObservable<SessionEvent> SessionEvents =>
        ObserveSessions(missed => Skipped(missed, null));

    /// <summary>How sessions end. Hot, without replay, otherwise as <see cref="SessionEvents"/>.</summary>
    public IObservable<SessionClosed> SessionClosures =>
        _shell.SessionNotices.Observe(static (notice, _) => notice.Event?.Closed, Replay<SessionNotice>.None, _options.PipelineScheduler, missed => Skipped(missed, null));

    /// <summary>
    /// The lifetimes of the broadcasts that are published here for all sessions: announced, replaced, ended and by whom. Hot. A subscriber first gets those that are live. A replacement is told as the end of the old one and then
    /// <see cref="BroadcastChange.Replaced"/>. Called on the pipeline's scheduler; a subscriber that is more than 1,024 events behind (an option) skips. Ends as <see cref="SessionEvents"/> do.
    /// </summary>
    public IObservable<BroadcastEvent> Broadcasts =>
        _shell.BroadcastEvents.Observe(static (happened, _) => happened, Replay<BroadcastEvent>.All, _options.PipelineScheduler, missed => Skipped(missed, null));

    /// <summary>Creates a manager that dials and is dialed: its handler is on a router of its own, which ends with it.</summary>
    /// <param name="endpoint">The endpoint. It is not disposed with the manager.</param>
    /// <param name="options">Limits, clock and log; null for the defaults.</param>
    public static Moq Serve(IEndpoint endpoint, MoqOptions? options = null)
    {
        var moq = new Moq(endpoint, options);
        // The manager's shutdown has a limit of its own: the router waits until that has passed.
        var routerOptions = new RouterOptions
        {
            LoggerFactory = moq._options.LoggerFactory, ShutdownTimeout = moq._options.ShutdownTimeout + TimeSpan.FromSeconds(1),
        };
        moq._router = Router.Start(endpoint, routerOptions, moq.ProtocolHandler);
        return moq;
    }

    /// <summary>
    /// Publishes a broadcast to every session, present and future. A live broadcast of that name is replaced everywhere: it ends, then the new one begins. A broadcast that ends is taken back by itself.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>Takes this very broadcast back when it is disposed; a successor of the same name stays.</returns>
    /// <exception cref="ArgumentException">Time is virtual here, and the broadcast is on another clock.</exception>
    /// <exception cref="ObjectDisposedException">It has been shut down.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfShutDown();
        SchedulerRuntime.Admit(_runtime, broadcast);
        return _shell.Publish(name, broadcast.Consume());
    }

    /// <summary>A session with a peer: the one that is open, otherwise that of the dial in flight, otherwise of a new dial. Every call gives a hold of its own; dispose it to give it back.</summary>
    /// <param name="remote">Whom, and where; an <see cref="EndpointTicket"/> will do. A dial in flight tries places that it has not tried yet as well.</param>
    /// <param name="cancellationToken">This caller no longer waits; when the last one does, the dial is given up.</param>
    /// <exception cref="MoqConnectException">The dial failed, or there are as many sessions as there may be; its reason tells.</exception>
    /// <exception cref="MoqException">The endpoint died while waiting.</exception>
    /// <exception cref="ObjectDisposedException">It has been shut down.</exception>
    public async ValueTask<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ThrowIfShutDown();
        cancellationToken.ThrowIfCancellationRequested();
        return await _shell.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sessions that peers dial; dialed ones are not among them. Hot. A subscriber first gets the last 16 (an option) that are still open; then it may fall up to 1,024 notices behind (an option)
    /// before it skips to the oldest that is kept. Called in order on the pipeline's scheduler, the task pool by default. An observer that blocks or throws harms no other one, except that on a scheduler with a single thread it
    /// blocks all that run there; one that throws is detached. Completes on shutdown; fails with a <see cref="MoqException"/> only when the endpoint dies.
    /// </summary>
    /// <param name="onSkipped">Told how many notices of sessions this subscriber missed because it was too slow; also on the next <see cref="IncomingSession.Skipped"/>.</param>
    public IObservable<IncomingSession> IncomingSessions(Action<long>? onSkipped) => IncomingSessions(_options.PipelineScheduler, onSkipped);

    /// <summary>The same as <see cref="IncomingSessions(Action{long})"/> for a subscriber that need not be told what it misses.</summary>
    public IObservable<IncomingSession> IncomingSessions() => IncomingSessions(onSkipped: null);

    /// <summary>The same as <see cref="IncomingSessions(Action{long})"/>, on a scheduler of this subscriber's own. One that runs work on the caller's stack makes the pipeline wait for its observer.</summary>
    /// <param name="scheduler">Where the observer is called.</param>
    /// <param name="onSkipped">Told how many notices of sessions this subscriber missed because it was too slow; also on the next <see cref="IncomingSession.Skipped"/>.</param>
    public IObservable<IncomingSession> IncomingSessions(IScheduler scheduler, Action<long>? onSkipped)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        return Observable.Defer(() => _shell.SessionNotices.Observe(Incoming(), IncomingReplay, scheduler, missed => Skipped(missed, onSkipped)));
    }

    /// <summary>The same as <see cref="IncomingSessions(Action{long})"/>, pulled: nothing is taken before it is asked for.</summary>
    /// <param name="onSkipped">Told how many notices of sessions this reader missed because it was too slow.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<IncomingSession> ReadIncomingSessionsAsync(Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        _shell.SessionNotices.Read(Incoming, IncomingReplay, missed => Skipped(missed, onSkipped), cancellationToken);

    /// <summary>
    /// Closes every session with code 0, and waits until they are over and every observer has been told, at most for <see cref="MoqOptions.ShutdownTimeout"/>. A session whose peer reads a track that is finished is closed when the peer has all of
    /// it; a track that is not finished is cut off. All streams complete; later calls fail. Again waits for the same.
    /// </summary>
    public ValueTask ShutdownAsync() => new(_shell.ShutdownAsync());

    /// <summary>Shuts down, and before that ends the router of <see cref="Serve"/>, so that no more peers come in.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_router is { } router)
            await router.DisposeAsync().ConfigureAwait(false);
        await ShutdownAsync().ConfigureAwait(false);
    }

    internal void Accept(ITransportConnection connection) => _shell.Accept(connection);

    /// <summary>Where its waits go on.</summary>
    internal Runtime Runtime => _runtime;

    /// <summary>True as soon as it takes nothing new: it is being shut down, or its endpoint is dead.</summary>
    internal bool IsShutDown => _shell.IsClosed;

    /// <summary>Where its jitter comes from.</summary>
    internal RandomSource RandomSource { get; }

    /// <summary>What is pulled as an observable of this manager: on the pipeline's scheduler, and an observer that throws is detached alone.</summary>
    internal IObservable<T> Observe<T>(Func<CancellationToken, IAsyncEnumerable<T>> read) =>
        new PulledObservable<T>(read, _options.PipelineScheduler, _runtime, _log.ObserverFailed);

    /// <summary><see cref="SessionEvents"/> for a part of the library that must know of every session: it is told what it misses.</summary>
    internal IObservable<SessionEvent> ObserveSessions(Action<long> onSkipped) =>
        Observable.Defer(() => _shell.SessionNotices.Observe(new OpenedFirst().Select, OpenReplay, _options.PipelineScheduler, onSkipped));

    private static Replay<SessionNotice> OpenReplay => new(int.MaxValue, static notice => notice.Event is not null);

    private Replay<SessionNotice> IncomingReplay => new(_options.SessionReplay, static notice => notice.IsIncoming);

    /// <summary>What one subscriber makes of the notices. Only where sessions are offered before they open can one come twice.</summary>
    private Func<SessionNotice, long, IncomingSession?> Incoming() =>
        _options.RequireAccept ? new OfferedOnce().Select : static (notice, skipped) => notice.IsIncoming ? new IncomingSession(notice.Session, skipped) : null;

    private void Skipped(long missed, Action<long>? onSkipped)
    {
        _log.Skipped(missed);
        MoqTelemetry.Skipped.Add(missed);
        onSkipped?.Invoke(missed);
    }

    private void ThrowIfShutDown()
    {
        if (_shell.IsClosed)
            throw new ObjectDisposedException(nameof(Moq), "It has been shut down, or its endpoint has died: create a new one to go on.");
    }
}
