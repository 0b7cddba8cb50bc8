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
    private readonly Turns _turns;
    private readonly ILogger _log;
    private readonly LaggingReplay<SessionEvent> _events;
    private readonly Shell _shell;
    private readonly OneShot<bool> _shutdown;
    private Router? _router;
    private int _shuttingDown;

    /// <summary>Creates a manager that dials. To be dialled as well, put <see cref="ProtocolHandler"/> on a router, or use <see cref="Serve"/>.</summary>
    /// <param name="endpoint">The endpoint. It is not disposed with the manager.</param>
    /// <param name="options">Limits, clock and log; null for the defaults.</param>
    public Moq(IEndpoint endpoint, MoqOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _options = options ?? MoqOptions.Default;
        _options.Validate();
        _turns = _options.Scheduler is null ? endpoint.Turns : SchedulerTurns.For(_options.Scheduler);
        _log = _options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Moq");
        _events = new LaggingReplay<SessionEvent>(_options.SessionRing, _options.SessionReplay, _turns, _log.ObserverFailed);
        _shutdown = new OneShot<bool>(_turns);
        _shell = new Shell(endpoint, _options, _turns, _log, _events);
        ProtocolHandler = new MoqProtocolHandler(this);
        _ = WatchAsync(endpoint);
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
            return [.. _shell.State.Broadcasts.Keys];
        }
    }

    /// <summary>
    /// Sessions that open and close, dialled and incoming. Hot. A subscriber first gets the openings of the last 16 sessions that are still open (an option); an opening always comes before its closing.
    /// Called on the pipeline's scheduler; a subscriber that is more than 1,024 events behind (an option) skips. Completes on shutdown; fails with a <see cref="MoqException"/> only when the endpoint dies.
    /// </summary>
    public IObservable<SessionEvent> SessionEvents => _events.Observe(static (e, _) => e, replayed: true, _options.PipelineScheduler, _log.Skipped);

    /// <summary>How sessions end. Hot, without replay, otherwise as <see cref="SessionEvents"/>.</summary>
    public IObservable<SessionClosed> SessionClosures => _events.Observe(static (e, _) => e.Closed, replayed: false, _options.PipelineScheduler, _log.Skipped);

    /// <summary>Creates a manager that dials and is dialled: its handler is on a router of its own, which ends with it.</summary>
    /// <param name="endpoint">The endpoint. It is not disposed with the manager.</param>
    /// <param name="options">Limits, clock and log; null for the defaults.</param>
    public static Moq Serve(IEndpoint endpoint, MoqOptions? options = null)
    {
        var moq = new Moq(endpoint, options);
        moq._router = Router.Start(endpoint, new RouterOptions { LoggerFactory = moq._options.LoggerFactory }, moq.ProtocolHandler);
        return moq;
    }

    /// <summary>
    /// Publishes a broadcast to every session, present and future. A live broadcast of that name is replaced everywhere: it ends, then the new one begins. A broadcast that ends is taken back by itself.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>Takes this very broadcast back when it is disposed; a successor of the same name stays.</returns>
    /// <exception cref="ObjectDisposedException">It has been shut down.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfShutDown();
        return _shell.Publish(name, broadcast.Consume());
    }

    /// <summary>A session with a peer: the one that is open, otherwise that of the dial in flight, otherwise of a new dial.</summary>
    /// <param name="remote">Whom, and where; an <see cref="EndpointTicket"/> will do.</param>
    /// <param name="cancellationToken">This caller no longer waits; when the last one does, the dial is given up.</param>
    /// <exception cref="MoqConnectException">The dial failed; its reason tells why.</exception>
    /// <exception cref="ObjectDisposedException">It has been shut down.</exception>
    public async ValueTask<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ThrowIfShutDown();
        cancellationToken.ThrowIfCancellationRequested();
        return await _shell.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sessions that peers dial; dialled ones are not among them. Hot, with the replay, order, scheduler, lag and end of <see cref="SessionEvents"/>. An observer that blocks or throws harms no other one,
    /// except on a scheduler with a single thread, which it blocks for all.
    /// </summary>
    /// <param name="onSkipped">Told how many session events this subscriber missed because it was too slow; also on the next <see cref="IncomingSession.Skipped"/>.</param>
    public IObservable<IncomingSession> IncomingSessions(Action<long>? onSkipped = null) =>
        _events.Observe(AsIncoming, replayed: true, _options.PipelineScheduler, missed => Skipped(missed, onSkipped));

    /// <summary>The same as <see cref="IncomingSessions"/>, pulled: nothing is taken before it is asked for.</summary>
    /// <param name="onSkipped">Told how many session events this reader missed because it was too slow.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<IncomingSession> ReadIncomingSessionsAsync(Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        _events.ReadAsync(AsIncoming, replayed: true, missed => Skipped(missed, onSkipped), cancellationToken);

    /// <summary>Closes every session with code 0 and waits until they are over, at most for the limit of the options. All streams complete; later calls fail. Again waits for the same.</summary>
    public async ValueTask ShutdownAsync()
    {
        if (Interlocked.Exchange(ref _shuttingDown, 1) == 0)
        {
            await _shell.ShutdownAsync(_options.ShutdownTimeout).ConfigureAwait(false);
            _events.Complete();
            _shutdown.TrySet(true);
        }

        await _shutdown.Task.ConfigureAwait(false);
    }

    /// <summary>Shuts down, and ends the router of <see cref="Serve"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await ShutdownAsync().ConfigureAwait(false);
        if (_router is { } router)
            await router.DisposeAsync().ConfigureAwait(false);
    }

    internal void Accept(ITransportConnection connection) =>
        _shell.Accept(new MoqSession(connection, isDialled: false, _turns, _options, _log));

    private static IncomingSession? AsIncoming(SessionEvent e, long skipped) =>
        e.IsOpening && !e.Session.IsDialled ? new IncomingSession(e.Session, skipped) : null;

    private void Skipped(long missed, Action<long>? onSkipped)
    {
        _log.Skipped(missed);
        onSkipped?.Invoke(missed);
    }

    private void ThrowIfShutDown() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _shuttingDown) != 0, this);

    private async Task WatchAsync(IEndpoint endpoint)
    {
        if (await endpoint.Closed.ConfigureAwait(false) is { } death)
            _events.Complete(new MoqException(MoqErrorCode.Transport, "The endpoint died: " + death.Message, false, death));
    }
}
