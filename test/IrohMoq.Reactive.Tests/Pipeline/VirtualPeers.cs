using System.Globalization;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>A virtual world with a network and managers in it, and a trace of what was seen when.</summary>
internal sealed class VirtualPeers(VirtualWorld world)
{
    private readonly List<string> _trace = [];

    public VirtualWorld World => world;

    public MemoryNetwork Network { get; } = new(world.Runtime);

    public IReadOnlyList<string> Trace => _trace;

    public LogRecorder Log { get; } = new();

    public static void Run(Func<VirtualPeers, Task> body) => VirtualWorld.Run(world => body(new VirtualPeers(world)));

    public MoqOptions Options => new() { Scheduler = world.Scheduler, LoggerFactory = Log };

    /// <summary>A peer that dials and is dialed.</summary>
    public (Moq Moq, MemoryEndpoint Endpoint) Add(byte name, Func<MoqOptions, MoqOptions>? options = null)
    {
        var endpoint = Network.Add(name);
        return (Moq.Serve(endpoint, (options ?? (static o => o))(Options)), endpoint);
    }

    public BroadcastProducer Broadcast() => new(world.Runtime);

    public void Write(string line) => _trace.Add(string.Create(CultureInfo.InvariantCulture, $"{world.Elapsed.TotalMilliseconds,10:F4} {line}"));

    public async Task WaitAsync(double milliseconds) => await Time.RuntimeExtensions.DelayAsync(world.Runtime, TimeSpan.FromMilliseconds(milliseconds));
}

/// <summary>The ids and levels of what was logged.</summary>
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

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_entries)
            _entries.Add((eventId, $"{formatter(state, exception)} {exception}"));
    }

    public void Dispose()
    {
    }
}
