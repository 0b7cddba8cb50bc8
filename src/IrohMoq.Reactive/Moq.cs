using System.Reactive.Concurrency;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// The manager of one endpoint: it dials peers and accepts their sessions, one for each peer, and announces what is published to all of
/// them. This type is thread-safe. Dispose it to end its sessions; the endpoint belongs to the caller.
/// </summary>
public sealed partial class Moq : IAsyncDisposable
{
    private readonly MoqOptions _options;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly MoqManager _manager;
    private Router? _router;

    /// <summary>
    /// Creates a manager that dials. To be dialed as well, put <see cref="ProtocolHandler"/> on a router, or use <see cref="Serve"/>.
    /// </summary>
    /// <param name="endpoint">The endpoint. It is not disposed with the manager.</param>
    /// <param name="options">Limits, clock and log; null for the defaults.</param>
    public Moq(IEndpoint endpoint, MoqOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _options = options ?? MoqOptions.Default;
        // The endpoint's clock, unless the options name a scheduler.
        _runtime = _options.Scheduler is null ? endpoint.Runtime : RuntimeSchedulers.RuntimeOf(_options.Scheduler);
        _log = new GuardedLogger(_options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Moq"));
        _manager = new MoqManager(endpoint, _options, _runtime, _log);
        RandomSource = new RandomSource(_options.Seed);
        ProtocolHandler = new MoqProtocolHandler(_manager, ShutdownAsync);
    }

    /// <summary>Gets the handler that a <see cref="Router"/> gives the connections of moq-lite to.</summary>
    public MoqProtocolHandler ProtocolHandler { get; }

    /// <summary>Gets the names that are published now, in order.</summary>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint died.</exception>
    public IReadOnlyList<BroadcastPath> PublishedBroadcasts
    {
        get
        {
            _manager.ThrowIfOver();
            return _manager.PublishedNames();
        }
    }

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
    /// Creates a broadcast on this manager's clock. Use it instead of the constructor, so that the same code runs in virtual time.
    /// </summary>
    public BroadcastProducer CreateBroadcast() => new(_runtime);

    /// <summary>
    /// Publishes a broadcast to every session, present and future. A live broadcast of that name is replaced everywhere: it ends, then the
    /// new one begins. A broadcast that ends is withdrawn by itself.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed; a successor of the same name stays.</returns>
    /// <exception cref="ArgumentException">The manager's time is virtual, and the broadcast is on another clock.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint died.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// Publishes a broadcast that this side reads, for example one that a peer announces, to every session, present and future.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed; a successor of the same name stays.</returns>
    /// <exception cref="ArgumentException">The manager's time is virtual, and the broadcast is on another clock.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint died.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        ThrowIfOtherClock(_runtime, broadcast.Producer);
        return _manager.Publish(name, broadcast);
    }

    /// <summary>
    /// Closes every session with code 0, and waits until they have ended and every observer has been notified, at most for
    /// <see cref="MoqOptions.ShutdownTimeout"/>. A session whose peer reads a finished track is closed when the peer has received all of
    /// it; a track that is not finished is cut off. All streams complete; later calls fail. A second call waits for the same.
    /// </summary>
    public Task ShutdownAsync() => _manager.ShutdownAsync();

    /// <summary>Shuts down, and before that ends the router of <see cref="Serve"/>, so that no peer is accepted any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_router is { } router)
            await router.DisposeAsync().ConfigureAwait(false);
        await ShutdownAsync().ConfigureAwait(false);
    }

    internal Runtime Runtime => _runtime;

    internal MoqManager Manager => _manager;

    /// <summary>Gets the source of this manager's random numbers.</summary>
    internal RandomSource RandomSource { get; }

    /// <summary>
    /// Refuses a broadcast that waits on another clock than a peer whose time is virtual: what waits for it would leave the one thread
    /// there is.
    /// </summary>
    internal static void ThrowIfOtherClock(Runtime runtime, BroadcastProducer broadcast)
    {
        if (runtime is SchedulerRuntime { Scheduler: var scheduler }
            && RuntimeSchedulers.IsVirtual(scheduler)
            && broadcast.Runtime != runtime)
        {
            throw new ArgumentException(
                "The broadcast is on another clock than this peer, whose time is virtual. Create it with moq.CreateBroadcast().",
                nameof(broadcast));
        }
    }

    private PulledObservable<T> Observe<T>(Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? _manager.Scheduler, _runtime);
}
