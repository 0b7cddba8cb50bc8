using System.Net;
using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// A network in memory, on the clock of an <see cref="IScheduler"/>. On a virtual-time scheduler (<c>TestScheduler</c>, <c>HistoricalScheduler</c>) everything on it is deterministic:
/// the same seed and program give the same <see cref="Trace"/>, in every process. On a real scheduler it works as well, in real time and with many threads.
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

    /// <summary>Creates a network without endpoints.</summary>
    /// <param name="scheduler">Its clock, and where everything on it runs.</param>
    /// <param name="seed">Where all chance comes from: ids and jitter.</param>
    /// <exception cref="ArgumentException">The scheduler runs work on the stack of whoever schedules it.</exception>
    public InMemoryNetwork(IScheduler scheduler, int seed = 0)
    {
        Runtime = SchedulerRuntime.For(scheduler);
        Scheduler = scheduler;
        Seed = new Seed(seed);
        _start = Runtime.GetTimestamp();
        Trace = new NetworkTrace(() => TimeSpan.FromTicks(Runtime.GetTimestamp() - _start));
    }

    /// <summary>The clock, and where everything runs.</summary>
    public IScheduler Scheduler { get; }

    /// <summary>
    /// The same clock for whatever is not made by an endpoint: a <see cref="BroadcastProducer"/> in virtual time is made with it, and a test pauses by its <c>DelayAsync</c>.
    /// </summary>
    public Runtime Runtime { get; }

    /// <summary>What has happened.</summary>
    public NetworkTrace Trace { get; }

    /// <summary>How long everything takes from one endpoint to another. The default is 10 ms.</summary>
    public TimeSpan Latency { get; init => field = NotNegative(value, nameof(Latency)); } = TimeSpan.FromMilliseconds(10);

    /// <summary>How much longer it may take, drawn from the seed. Order is kept in each direction. The default is zero.</summary>
    public TimeSpan Jitter { get; init => field = NotNegative(value, nameof(Jitter)); }

    /// <summary>How many bytes a second pass from one endpoint to another, 1 or more; null, the default, is no limit.</summary>
    public long? Bandwidth { get; init => field = value is null ? null : AtLeastOne(value.Value, nameof(Bandwidth)); }

    /// <summary>How long two peers cannot reach each other before both see their connections time out. The default is 30 s.</summary>
    public TimeSpan IdleTimeout { get; init => field = Positive(value, nameof(IdleTimeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the longest time by which an endpoint reports the end of a connection (<see cref="Transport.ITransportConnection.Closed"/>) and a connection
    /// that it has dialed later than they happen. Each delay is drawn from the seed. Streams see the end of their connection at once, as with a
    /// transport that hands its events over from a thread of its own. Zero or more; the default is zero.
    /// </summary>
    public TimeSpan ReportDelay { get; init => field = NotNegative(value, nameof(ReportDelay)); }

    /// <summary>How long a dial waits for an answer. The default is 10 s.</summary>
    public TimeSpan DialTimeout { get; init => field = Positive(value, nameof(DialTimeout)); } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes may be sent on a stream ahead of its reader, 1 or more. The default is 1,250,000.</summary>
    public int StreamWindow { get; init => field = AtLeastOne(value, nameof(StreamWindow)); } = 1_250_000;

    /// <summary>How many bytes may be sent on all streams of a connection ahead of their readers, 1 or more. The default is 16 MiB.</summary>
    public int ConnectionWindow { get; init => field = AtLeastOne(value, nameof(ConnectionWindow)); } = 16 << 20;

    /// <summary>How many bytes a stream queues beyond what may be sent before a write waits, 1 or more. The default is 1 MiB.</summary>
    public int SendQueue { get; init => field = AtLeastOne(value, nameof(SendQueue)); } = 1 << 20;

    /// <summary>How many unidirectional streams each side may have open on a connection, 1 or more. The default is 1,024.</summary>
    public int MaxUniStreams { get; init => field = AtLeastOne(value, nameof(MaxUniStreams)); } = 1024;

    /// <summary>How many bidirectional streams each side may have open on a connection, 1 or more. The default is 100.</summary>
    public int MaxBidiStreams { get; init => field = AtLeastOne(value, nameof(MaxBidiStreams)); } = 100;

    /// <summary>How many connections wait at an endpoint to be accepted before dials are refused, 1 or more. The default is 1,024.</summary>
    public int MaxUnaccepted { get; init => field = AtLeastOne(value, nameof(MaxUnaccepted)); } = 1024;

    /// <summary>
    /// Whether the trace has a line for each arrival on a connection; it has by default. Without them millions of messages are faster, and what is left of the trace (dials, ends, cuts, heals and a test's own lines) no longer tells two runs apart.
    /// </summary>
    public bool TracesArrivals { get; init; } = true;

    internal Lock Gate { get; } = new();

    internal Seed Seed { get; }

    /// <summary>Ticks of the clock.</summary>
    internal long Now => Runtime.GetTimestamp();

    /// <summary>No dial or connection outlives a cut of this length.</summary>
    internal TimeSpan LongestWait => IdleTimeout > DialTimeout ? IdleTimeout : DialTimeout;

    /// <summary>
    /// Adds an endpoint. Its id is derived from the seed and the name. A name can be used again once its endpoint has been killed or disposed: this is the
    /// same peer after a restart, with the same id.
    /// </summary>
    /// <param name="name">The name of the endpoint in the trace.</param>
    /// <param name="address">
    /// The address to listen on, for example that of an endpoint that has been killed; <see langword="null"/> for an address that no endpoint has had.
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
                throw new ArgumentException($"The endpoint \"{other.Name}\" listens on {address}. Kill or dispose it first.", nameof(address));
            var place = address ?? NextAddress();
            var endpoint = new InMemoryEndpoint(this, name, SecretKey.FromBytes(Seed.Bytes("key " + name)).Id, place);
            _byName[name] = endpoint;
            _byAddress[place] = endpoint;
            return endpoint;
        }
    }

    /// <summary>Where an endpoint is dialed.</summary>
    /// <param name="endpoint">The endpoint.</param>
    public EndpointAddr AddressOf(InMemoryEndpoint endpoint)
    {
        Own(endpoint);
        return endpoint.Address;
    }

    /// <summary>From now on nothing passes between the two. What is under way waits for the heal; after <see cref="IdleTimeout"/> both see their connections time out.</summary>
    /// <param name="a">One endpoint.</param>
    /// <param name="b">The other.</param>
    public void Partition(InMemoryEndpoint a, InMemoryEndpoint b)
    {
        lock (Gate)
        {
            LinkBetween(Own(a), Own(b)).Cut();
            Trace.Add(a.Name, "cut off from " + b.Name);
        }
    }

    /// <summary>The two reach each other again, and what waited arrives.</summary>
    /// <param name="a">One endpoint.</param>
    /// <param name="b">The other.</param>
    public void Heal(InMemoryEndpoint a, InMemoryEndpoint b)
    {
        lock (Gate)
        {
            LinkBetween(Own(a), Own(b)).Heal();
            Trace.Add(a.Name, "reaches again " + b.Name);
        }
    }

    /// <summary>The peer vanishes without a word, as if its process were killed: here everything of it fails at once, the others see their connections time out after <see cref="IdleTimeout"/>.</summary>
    /// <param name="endpoint">The endpoint.</param>
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

    /// <summary>Starts a task and advances virtual time until it is done, on this thread. Call it from a synchronous test method; faults of the task come out of it.</summary>
    /// <param name="body">What to do. It awaits only what lives on this network's scheduler.</param>
    /// <param name="limit">How much virtual time it may take; null is one hour. Time in which nothing happens costs none.</param>
    /// <exception cref="TimeoutException">The task was not done by then.</exception>
    /// <exception cref="NotSupportedException">The scheduler's time is not virtual.</exception>
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
        return endpoint.Network == this ? endpoint : throw new ArgumentException($"The endpoint \"{endpoint.Name}\" is of another network.", nameof(endpoint));
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
