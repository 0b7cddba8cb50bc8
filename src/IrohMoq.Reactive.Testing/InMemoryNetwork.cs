using System.Net;
using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// An in-memory network of endpoints on the clock of an <see cref="IScheduler"/>. On a virtual-time scheduler (<c>TestScheduler</c>,
/// <c>HistoricalScheduler</c>) everything on it is deterministic: the same seed and program give the same <see cref="Trace"/> in every
/// process. On another scheduler it runs in real time and on many threads.
/// </summary>
public sealed partial class InMemoryNetwork
{
    private readonly Dictionary<string, InMemoryEndpoint> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<IPEndPoint, InMemoryEndpoint> _byAddress = [];
    private readonly Dictionary<(InMemoryEndpoint, InMemoryEndpoint), Link> _linkOf = [];
    private readonly List<Link> _links = [];
    private readonly long _start;
    private int _connections;
    private int _addresses;

    /// <summary>Initializes a network without endpoints.</summary>
    /// <param name="scheduler">The clock of the network, and the scheduler of everything that runs on it.</param>
    /// <param name="seed">The seed of all random numbers: ids, jitter and report delays.</param>
    /// <exception cref="ArgumentException">The scheduler runs work on the stack of the caller that schedules it.</exception>
    public InMemoryNetwork(IScheduler scheduler, int seed = 0)
    {
        Runtime = SchedulerRuntime.For(scheduler);
        Scheduler = scheduler;
        Seed = new Seed(seed);
        _start = Runtime.GetTimestamp();
        Trace = new NetworkTrace(() => TimeSpan.FromTicks(Runtime.GetTimestamp() - _start));
    }

    /// <summary>Gets the clock of the network, and the scheduler of everything that runs on it.</summary>
    public IScheduler Scheduler { get; }

    /// <summary>
    /// Gets the same clock for what is not created by an endpoint: a <see cref="BroadcastProducer"/> in virtual time is created with it,
    /// and a test waits with its <c>DelayAsync</c>.
    /// </summary>
    public Runtime Runtime { get; }

    /// <summary>Gets the trace of everything that has happened on the network.</summary>
    public NetworkTrace Trace { get; }

    /// <summary>Gets the time that everything takes from one endpoint to another, zero or more. The default is 10 ms.</summary>
    public TimeSpan Latency { get; init => field = NotNegative(value, nameof(Latency)); } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Gets the maximum by which the latency varies, zero or more. Each delay is drawn from the seed; the order in each direction is kept.
    /// The default is zero.
    /// </summary>
    public TimeSpan Jitter { get; init => field = NotNegative(value, nameof(Jitter)); }

    /// <summary>
    /// Gets the number of bytes per second from one endpoint to another, one or more; <see langword="null"/>, the default, is no limit.
    /// </summary>
    public long? Bandwidth { get; init => field = value is null ? null : AtLeastOne(value.Value, nameof(Bandwidth)); }

    /// <summary>Gets how long a link is cut before its connections time out, greater than zero. The default is 30 s.</summary>
    public TimeSpan IdleTimeout { get; init => field = Positive(value, nameof(IdleTimeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the longest time by which an endpoint reports the end of a connection (<see cref="Transport.ITransportConnection.Closed"/>) and
    /// a connection that it has dialed later than they happen. Each delay is drawn from the seed. Streams see the end of their connection
    /// at once, as with a transport that hands its events over from a thread of its own. Zero or more; the default is zero.
    /// </summary>
    public TimeSpan ReportDelay { get; init => field = NotNegative(value, nameof(ReportDelay)); }

    /// <summary>Gets how long a dial waits for an answer, greater than zero. The default is 10 s.</summary>
    public TimeSpan DialTimeout { get; init => field = Positive(value, nameof(DialTimeout)); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the maximum number of bytes that are sent on a stream ahead of its reader, one or more. The default is 1,250,000.
    /// </summary>
    public int StreamWindow { get; init => field = AtLeastOne(value, nameof(StreamWindow)); } = 1_250_000;

    /// <summary>
    /// Gets the maximum number of bytes that are sent on all streams of a connection ahead of their readers, one or more. The default is 16
    /// MiB.
    /// </summary>
    public int ConnectionWindow { get; init => field = AtLeastOne(value, nameof(ConnectionWindow)); } = 16 << 20;

    /// <summary>
    /// Gets the number of bytes that a stream queues, beyond those that it may send, before a write waits; one or more. The default is 1
    /// MiB.
    /// </summary>
    public int SendQueue { get; init => field = AtLeastOne(value, nameof(SendQueue)); } = 1 << 20;

    /// <summary>
    /// Gets the maximum number of unidirectional streams that each side has open on a connection, one or more. The default is 1,024.
    /// </summary>
    public int MaxUniStreams { get; init => field = AtLeastOne(value, nameof(MaxUniStreams)); } = 1024;

    /// <summary>
    /// Gets the maximum number of bidirectional streams that each side has open on a connection, one or more. The default is 100.
    /// </summary>
    public int MaxBidiStreams { get; init => field = AtLeastOne(value, nameof(MaxBidiStreams)); } = 100;

    /// <summary>
    /// Gets the maximum number of connections that wait at an endpoint to be accepted, one or more; dials beyond it are refused. The
    /// default is 1,024.
    /// </summary>
    public int MaxUnaccepted { get; init => field = AtLeastOne(value, nameof(MaxUnaccepted)); } = 1024;

    /// <summary>
    /// Gets whether the trace has a line for each arrival on a connection. The default is <see langword="true"/>. Without them millions of
    /// messages are faster, but two different runs may have the same trace of dials, ends, cuts and heals.
    /// </summary>
    public bool TracesArrivals { get; init; } = true;

    internal Lock Gate { get; } = new();

    internal Seed Seed { get; }

    /// <summary>Gets the time in ticks of the clock.</summary>
    internal long Now => Runtime.GetTimestamp();

    /// <summary>Gets the length of a cut that no dial or connection survives.</summary>
    internal TimeSpan LongestWait => IdleTimeout > DialTimeout ? IdleTimeout : DialTimeout;

    /// <summary>
    /// Adds an endpoint. Its id is derived from the seed and the name. A name can be used again once its endpoint has been killed or
    /// disposed: this is the same peer after a restart, with the same id.
    /// </summary>
    /// <param name="name">The name of the endpoint in the trace.</param>
    /// <param name="address">
    /// The address to listen on, for example that of an endpoint that has been killed; <see langword="null"/> for an address that no
    /// endpoint has had.
    /// </param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentException">An endpoint with that name or address is open, or the name is empty.</exception>
    public InMemoryEndpoint AddEndpoint(string name, IPEndPoint? address = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (Gate)
        {
            if (_byName.TryGetValue(name, out var other) && !other.IsOver)
            {
                throw new ArgumentException(
                    $"An endpoint with the name \"{name}\" is open. To start the same peer again, kill or dispose it first.", nameof(name));
            }

            if (address is not null && _byAddress.TryGetValue(address, out other) && !other.IsOver)
                throw new ArgumentException(
                    $"The endpoint \"{other.Name}\" listens on {address}. Kill or dispose it first.", nameof(address));
            var place = address ?? NextAddress();
            var endpoint = new InMemoryEndpoint(this, name, SecretKey.FromBytes(Seed.Bytes("key " + name)).Id, place);
            _byName[name] = endpoint;
            _byAddress[place] = endpoint;
            return endpoint;
        }
    }

    /// <summary>Gets the address at which an endpoint is dialed.</summary>
    /// <param name="endpoint">An endpoint of this network.</param>
    /// <returns>The id and the address of the endpoint.</returns>
    /// <exception cref="ArgumentException">The endpoint belongs to another network.</exception>
    public EndpointAddr AddressOf(InMemoryEndpoint endpoint)
    {
        Own(endpoint);
        return endpoint.Address;
    }

    /// <summary>
    /// Cuts the link between two endpoints. What is in flight waits until the link is healed; after <see cref="IdleTimeout"/> the
    /// connections between the two time out.
    /// </summary>
    /// <param name="a">One endpoint.</param>
    /// <param name="b">The other endpoint.</param>
    /// <exception cref="ArgumentException">An endpoint belongs to another network.</exception>
    public void Partition(InMemoryEndpoint a, InMemoryEndpoint b)
    {
        lock (Gate)
        {
            LinkBetween(Own(a), Own(b)).Cut();
            Trace.Add(a.Name, "cut off from " + b.Name);
        }
    }

    /// <summary>Heals the link between two endpoints: they reach each other again, and what has waited arrives.</summary>
    /// <param name="a">One endpoint.</param>
    /// <param name="b">The other endpoint.</param>
    /// <exception cref="ArgumentException">An endpoint belongs to another network.</exception>
    public void Heal(InMemoryEndpoint a, InMemoryEndpoint b)
    {
        lock (Gate)
        {
            LinkBetween(Own(a), Own(b)).Heal();
            Trace.Add(a.Name, "reaches again " + b.Name);
        }
    }

    /// <summary>
    /// Kills an endpoint as if its process were killed: its own connections fail at once, and those of its peers time out after
    /// <see cref="IdleTimeout"/>.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <exception cref="ArgumentException">The endpoint belongs to another network.</exception>
    public void Kill(InMemoryEndpoint endpoint)
    {
        lock (Gate)
        {
            Trace.Add(Own(endpoint).Name, "killed");
            foreach (var link in _links.Where(link => link.Reaches(endpoint)))
                link.Die();
            endpoint.Die();
        }
    }

    /// <summary>
    /// Starts a task on the calling thread and advances virtual time until it has completed. Call it from a synchronous test method. A
    /// fault of the task is thrown.
    /// </summary>
    /// <param name="body">Creates the task. It awaits only what runs on the scheduler of this network.</param>
    /// <param name="limit">
    /// The maximum virtual time that it takes; <see langword="null"/> for one hour. Time in which nothing happens passes at once.
    /// </param>
    /// <exception cref="TimeoutException">The task has not completed within the limit.</exception>
    /// <exception cref="NotSupportedException">The scheduler has no virtual time.</exception>
    public void Run(Func<Task> body, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        VirtualClockPump.Run(Scheduler, body, Positive(limit ?? TimeSpan.FromHours(1), nameof(limit)));
    }

    internal InMemoryEndpoint? Find(EndpointAddr address) =>
        address.Addresses.Select(place => _byAddress.GetValueOrDefault(place)).FirstOrDefault(endpoint => endpoint is { IsOver: false });

    internal Link LinkBetween(InMemoryEndpoint a, InMemoryEndpoint b)
    {
        if (_linkOf.TryGetValue((a, b), out var link))
            return link;
        link = new Link(this, a, b);
        _linkOf[(a, b)] = link;
        _linkOf[(b, a)] = link;
        _links.Add(link);
        return link;
    }

    internal int NextConnection() => ++_connections;

    internal long TransmissionTicks(int bytes) => Bandwidth is { } rate ? (long)((Int128)bytes * TimeSpan.TicksPerSecond / rate) : 0;

    private IPEndPoint NextAddress()
    {
        IPEndPoint address;
        do
        {
            _addresses++;
            address = new IPEndPoint(new IPAddress([10, (byte)(_addresses >> 16), (byte)(_addresses >> 8), (byte)_addresses]), 4433);
        }
        while (_byAddress.ContainsKey(address));
        return address;
    }

    private InMemoryEndpoint Own(InMemoryEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return endpoint.Network == this
            ? endpoint
            : throw new ArgumentException($"The endpoint \"{endpoint.Name}\" belongs to another network.", nameof(endpoint));
    }

    private static T AtLeastOne<T>(T value, string name)
        where T : System.Numerics.INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, T.One, name);
        return value;
    }

    private static TimeSpan Positive(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, name);
        return value;
    }

    private static TimeSpan NotNegative(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, name);
        return value;
    }
}
