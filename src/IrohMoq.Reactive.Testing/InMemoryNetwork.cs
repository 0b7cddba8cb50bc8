using System.Net;
using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an in-memory network of endpoints that uses the clock of an <see cref="IScheduler"/>. With a virtual-time scheduler
/// (<c>TestScheduler</c>, <c>HistoricalScheduler</c>) the network is deterministic: the same seed and program result in the same
/// <see cref="Trace"/> in every process. With any other scheduler the network runs in real time and on several threads.
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

    /// <summary>Initializes a new network without endpoints.</summary>
    /// <param name="scheduler">The scheduler that provides the clock of the network and runs all its work.</param>
    /// <param name="seed">The seed of all random numbers: ids, jitter and report delays.</param>
    /// <exception cref="ArgumentException">The scheduler runs work synchronously inside the call that schedules it.</exception>
    public InMemoryNetwork(IScheduler scheduler, int seed = 0)
    {
        Runtime = SchedulerRuntime.For(scheduler);
        Scheduler = scheduler;
        Seed = new Seed(seed);
        _start = Runtime.GetTimestamp();
        Trace = new NetworkTrace(() => TimeSpan.FromTicks(Runtime.GetTimestamp() - _start));
    }

    /// <summary>Gets the scheduler that provides the clock of the network and runs all its work.</summary>
    public IScheduler Scheduler { get; }

    /// <summary>
    /// Gets the runtime that provides the clock of the network. Use it to create a <see cref="BroadcastProducer"/> in virtual time, and use
    /// its <c>DelayAsync</c> method to wait in a test.
    /// </summary>
    public Runtime Runtime { get; }

    /// <summary>Gets the trace of all events on the network.</summary>
    public NetworkTrace Trace { get; }

    /// <summary>Gets the time that a message takes from one endpoint to another, zero or more. The default is 10 ms.</summary>
    public TimeSpan Latency { get; init => field = NotNegative(value, nameof(Latency)); } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Gets the maximum random time that is added to the latency, zero or more. Each value is derived from the seed. Messages in one
    /// direction stay in order. The default is zero.
    /// </summary>
    public TimeSpan Jitter { get; init => field = NotNegative(value, nameof(Jitter)); }

    /// <summary>
    /// Gets the bandwidth from one endpoint to another in bytes per second, one or more; <see langword="null"/>, the default, means no
    /// limit.
    /// </summary>
    public long? Bandwidth { get; init => field = value is null ? null : AtLeastOne(value.Value, nameof(Bandwidth)); }

    /// <summary>Gets the time after which the connections over a cut link time out, greater than zero. The default is 30 s.</summary>
    public TimeSpan IdleTimeout { get; init => field = Positive(value, nameof(IdleTimeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the maximum delay with which an endpoint reports the end of a connection (<see cref="Transport.ITransportConnection.Closed"/>)
    /// and the success of a dial, zero or more. Each delay is derived from the seed. Streams are notified of the end of their connection
    /// without this delay. This simulates a transport that reports its events from a separate thread. The default is zero.
    /// </summary>
    public TimeSpan ReportDelay { get; init => field = NotNegative(value, nameof(ReportDelay)); }

    /// <summary>Gets the maximum time that a dial waits for a response, greater than zero. The default is 10 s.</summary>
    public TimeSpan DialTimeout { get; init => field = Positive(value, nameof(DialTimeout)); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the flow control window of a stream: the maximum number of bytes that are sent before the reader reads them, one or more. The
    /// default is 1,250,000.
    /// </summary>
    public int StreamWindow { get; init => field = AtLeastOne(value, nameof(StreamWindow)); } = 1_250_000;

    /// <summary>
    /// Gets the flow control window of a connection: the maximum number of bytes that are sent on all its streams before the readers read
    /// them, one or more. The default is 16 MiB.
    /// </summary>
    public int ConnectionWindow { get; init => field = AtLeastOne(value, nameof(ConnectionWindow)); } = 16 << 20;

    /// <summary>Gets the number of unsent bytes that a stream queues before a write waits, one or more. The default is 1 MiB.</summary>
    public int SendQueue { get; init => field = AtLeastOne(value, nameof(SendQueue)); } = 1 << 20;

    /// <summary>
    /// Gets the maximum number of unidirectional streams that each side may have open on a connection, one or more. The default is 1,024.
    /// </summary>
    public int MaxUniStreams { get; init => field = AtLeastOne(value, nameof(MaxUniStreams)); } = 1024;

    /// <summary>
    /// Gets the maximum number of bidirectional streams that each side may have open on a connection, one or more. The default is 100.
    /// </summary>
    public int MaxBidiStreams { get; init => field = AtLeastOne(value, nameof(MaxBidiStreams)); } = 100;

    /// <summary>
    /// Gets the maximum number of connections of an endpoint that wait to be accepted, one or more. Further dials are refused. The default
    /// is 1,024.
    /// </summary>
    public int MaxUnaccepted { get; init => field = AtLeastOne(value, nameof(MaxUnaccepted)); } = 1024;

    /// <summary>
    /// Gets a value that indicates whether the trace contains a line for each message that arrives on a connection. The default is
    /// <see langword="true"/>. The value <see langword="false"/> is faster with millions of messages, but then two runs that differ only in
    /// such messages have the same trace.
    /// </summary>
    public bool TracesArrivals { get; init; } = true;

    /// <summary>Gets the share of the datagrams that are lost on their way, from 0 to 1.</summary>
    internal double DatagramLoss { get; init; }

    internal Lock Gate { get; } = new();

    internal Seed Seed { get; }

    /// <summary>Gets the current time in ticks of the clock of the network.</summary>
    internal long Now => Runtime.GetTimestamp();

    /// <summary>
    /// Gets the longer of <see cref="IdleTimeout"/> and <see cref="DialTimeout"/>. If a link is interrupted for this time, all its
    /// connections and pending dials fail.
    /// </summary>
    internal TimeSpan LongestWait => IdleTimeout > DialTimeout ? IdleTimeout : DialTimeout;

    /// <summary>
    /// Adds an endpoint, whose id is derived from the seed and the name. After an endpoint has been killed or disposed, its name can be
    /// used again; the new endpoint has the same id, like a peer after a restart.
    /// </summary>
    /// <param name="name">The name of the endpoint in the trace.</param>
    /// <param name="address">
    /// The address to listen on, for example the address of an endpoint that has been killed; <see langword="null"/> for a new address.
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

    /// <summary>Gets the address at which an endpoint can be dialed.</summary>
    /// <param name="endpoint">An endpoint of this network.</param>
    /// <returns>The id and the address of the endpoint.</returns>
    /// <exception cref="ArgumentException">The endpoint belongs to another network.</exception>
    public EndpointAddr AddressOf(InMemoryEndpoint endpoint)
    {
        Own(endpoint);
        return endpoint.Address;
    }

    /// <summary>
    /// Cuts the link between two endpoints. Messages in flight are delivered after the link is restored by
    /// <see cref="Heal(InMemoryEndpoint, InMemoryEndpoint)"/>. After <see cref="IdleTimeout"/> the connections between the two endpoints
    /// time out.
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

    /// <summary>
    /// Restores the link between two endpoints after a cut, and delivers the waiting messages. Has no effect if one of the endpoints was
    /// killed.
    /// </summary>
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
    /// Kills an endpoint as if its process were killed: its own connections fail immediately, and the connections of its peers time out
    /// after <see cref="IdleTimeout"/>.
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
    /// Starts a task on the calling thread and advances virtual time until the task has completed. Call this method from a synchronous test
    /// method. If the task fails, its exception is thrown.
    /// </summary>
    /// <param name="body">
    /// The function that creates the task. The task must await only operations that run on the scheduler of this network.
    /// </param>
    /// <param name="limit">
    /// The maximum virtual time that the task may take; <see langword="null"/> for one hour. Idle virtual time takes no real time.
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
