using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>What a manager tells its log: the events' names and the values in them.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly List<(string Name, IReadOnlyDictionary<string, object?> Values)> _entries = [];

    /// <summary>Returns the values of all events with a name.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> Of(string name) =>
        [.. _entries.Where(entry => entry.Name == name).Select(static entry => entry.Values)];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Add((
            eventId.Name ?? "", state is IEnumerable<KeyValuePair<string, object?>> values ? new Dictionary<string, object?>(values) : []));

    public void Dispose()
    {
    }
}
