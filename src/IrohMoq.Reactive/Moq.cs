using System.Reactive.Concurrency;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the manager of one endpoint, which dials peers and accepts their sessions, with one session for each peer, and announces
/// published broadcasts on all sessions. This type is thread-safe. Dispose the manager to end its sessions; the endpoint belongs to the
/// caller.
/// </summary>
public sealed partial class Moq : IAsyncDisposable
{
    private readonly MoqOptions _options;
    private readonly Runtime _runtime;
    private readonly ILogger _log;
    private readonly MoqManager _manager;
    private readonly OfferedPrefixes _offered;
    private readonly FrontTable _fronts;
    private Router? _router;

    /// <summary>
    /// Initializes a new instance of the <see cref="Moq"/> class that dials peers. To accept connections too, pass
    /// <see cref="ProtocolHandler"/> to a router, or use <see cref="Serve"/>.
    /// </summary>
    /// <param name="endpoint">The endpoint, which is not disposed with the manager.</param>
    /// <param name="options">The limits, scheduler and logging of the manager, or null for the defaults.</param>
    public Moq(IEndpoint endpoint, MoqOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _options = options ?? MoqOptions.Default;
        // The runtime of the endpoint is used, unless the options specify a scheduler.
        _runtime = _options.Scheduler is null ? endpoint.Runtime : RuntimeSchedulers.RuntimeOf(_options.Scheduler);
        _log = new GuardedLogger(_options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Moq"));
        _manager = new MoqManager(endpoint, _options, _runtime, _log);
        _offered = new OfferedPrefixes(_runtime, Publish);
        _manager.Over.UnsafeRegister(static offered => ((OfferedPrefixes)offered!).End(), _offered);
        _fronts = new FrontTable(_manager, _options.BroadcastLinger);
        RandomSource = new RandomSource(_options.Seed);
        ProtocolHandler = new MoqProtocolHandler(_manager, _options.Protocols, ShutdownAsync);
    }

    /// <summary>Gets the handler to which a <see cref="Router"/> passes the connections of moq-lite.</summary>
    public MoqProtocolHandler ProtocolHandler { get; }

    /// <summary>Gets the currently published names, in order.</summary>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    public IReadOnlyList<BroadcastPath> PublishedBroadcasts
    {
        get
        {
            _manager.ThrowIfOver();
            return _manager.PublishedNames();
        }
    }

    /// <summary>
    /// Creates a manager that dials peers and accepts their connections, with a router of its own that ends with the manager.
    /// </summary>
    /// <param name="endpoint">The endpoint, which is not disposed with the manager.</param>
    /// <param name="options">The limits, scheduler and logging of the manager, or null for the defaults.</param>
    public static Moq Serve(IEndpoint endpoint, MoqOptions? options = null)
    {
        var moq = new Moq(endpoint, options);
        // The shutdown of the manager has its own time limit, and the router waits longer than that.
        var routerOptions = new RouterOptions
        {
            LoggerFactory = moq._options.LoggerFactory, ShutdownTimeout = moq._options.ShutdownTimeout + TimeSpan.FromSeconds(1),
        };
        moq._router = Router.Start(endpoint, routerOptions, moq.ProtocolHandler);
        return moq;
    }

    /// <summary>
    /// Creates a broadcast on the runtime of this manager. Use this method instead of the constructor, so that the same code also runs
    /// in virtual time.
    /// </summary>
    public BroadcastProducer CreateBroadcast() => new(_runtime);

    /// <summary>
    /// Publishes a broadcast on every current and future session. A live broadcast with the same name is replaced on all sessions: the
    /// old broadcast ends, and then the new one begins. A broadcast that ends is withdrawn automatically.
    /// </summary>
    /// <param name="name">The name under which the broadcast is published.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed; a successor with the same name stays.</returns>
    /// <exception cref="ArgumentException">The manager runs in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return Publish(name, broadcast.Consume());
    }

    /// <summary>
    /// Publishes a broadcast that this side reads, for example one that a peer announces, on every current and future session.
    /// </summary>
    /// <param name="name">The name under which the broadcast is published.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <returns>A registration that withdraws this broadcast when it is disposed; a successor with the same name stays.</returns>
    /// <exception cref="ArgumentException">The manager runs in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    public IDisposable Publish(BroadcastPath name, BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        BroadcastProducer.ThrowIfOtherClock(_runtime, broadcast.Producer);
        return _manager.Publish(name, broadcast);
    }

    /// <summary>
    /// Asks the peers that have dialed to leave (<see cref="MoqOptions.GoawayTimeout"/>), closes every session with code 0, and waits until
    /// the sessions have ended and every observer was notified, for at most <see cref="MoqOptions.ShutdownTimeout"/>. A session whose peer
    /// reads a finished track is closed after the peer has received the whole track; a track that is not finished is cut off. All
    /// observables complete, and later calls fail. Repeated calls return a task for the same shutdown.
    /// </summary>
    public Task ShutdownAsync() => _manager.ShutdownAsync();

    /// <summary>
    /// Ends the router that <see cref="Serve"/> created, so that no further peer is accepted, and then shuts the manager down.
    /// </summary>
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

    private PulledObservable<T> Observe<T>(Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? _manager.Scheduler, _runtime);
}
