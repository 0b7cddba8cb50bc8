using System.Globalization;
using System.Net;
using IrohMoq.Reactive.Testing;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>
/// Provides managers on an in-memory network in virtual time, and a trace of events with their times. A peer is named by a number.
/// </summary>
internal sealed class VirtualPeers
{
    private static readonly TimeSpan DefaultLatency = TimeSpan.FromMilliseconds(20);

    private readonly List<string> _trace = [];
    private readonly Dictionary<byte, FaultyEndpoint> _endpoints = [];

    private VirtualPeers(VirtualWorld world, TimeSpan latency)
    {
        World = world;
        // Dials end by the limit of the manager, which is shorter.
        Network = new InMemoryNetwork(world.Scheduler) { Latency = latency, DialTimeout = TimeSpan.FromMinutes(1) };
    }

    public VirtualWorld World { get; }

    public InMemoryNetwork Network { get; }

    public IReadOnlyList<string> Trace => _trace;

    public LogRecorder Log { get; } = new();

    public MoqOptions Options => new() { Scheduler = World.Scheduler, LoggerFactory = Log };

    /// <summary>Gets an address where no endpoint listens.</summary>
    public static EndpointAddr Nowhere { get; } = new(
        SecretKey.FromBytes(new byte[32]).Id, new IPEndPoint(IPAddress.Parse("10.99.0.1"), 1));

    public static void Run(Func<VirtualPeers, Task> body) => Run(DefaultLatency, body);

    public static void Run(TimeSpan latency, Func<VirtualPeers, Task> body) =>
        VirtualWorld.Run(world => body(new VirtualPeers(world, latency)));

    /// <summary>Adds a peer that dials and is dialed.</summary>
    public (Moq Moq, FaultyEndpoint Endpoint) Add(byte name, Func<MoqOptions, MoqOptions>? options = null)
    {
        var endpoint = new FaultyEndpoint(Network.AddEndpoint(name.ToString(CultureInfo.InvariantCulture)));
        _endpoints.Add(name, endpoint);
        return (Moq.Serve(endpoint, (options ?? (static o => o))(Options)), endpoint);
    }

    public EndpointId Id(byte name) => _endpoints[name].Id;

    public EndpointAddr Addr(byte name) => _endpoints[name].Address;

    public string NameOf(EndpointId id) => _endpoints.Values.Single(endpoint => endpoint.Id == id).Inner.Name;

    /// <summary>Cuts the link between two peers for good.</summary>
    public void Cut(FaultyEndpoint a, FaultyEndpoint b) => Network.Partition(a.Inner, b.Inner);

    public BroadcastProducer Broadcast() => new(World.Runtime);

    public void Write(string line) =>
        _trace.Add(string.Create(CultureInfo.InvariantCulture, $"{World.Elapsed.TotalMilliseconds,10:F4} {line}"));

    public async Task WaitAsync(double milliseconds) =>
        await Time.RuntimeExtensions.DelayAsync(World.Runtime, TimeSpan.FromMilliseconds(milliseconds));
}

/// <summary>Records the ids and texts of log entries.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly List<(EventId Id, string Text)> _entries = [];

    public IReadOnlyList<string> Of(string name)
    {
        lock (_entries)
            return [.. _entries.Where(entry => entry.Id.Name == name).Select(entry => entry.Text)];
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_entries)
            _entries.Add((eventId, $"{formatter(state, exception)} {exception}"));
    }

    public void Dispose()
    {
    }
}
