using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Represents a network whose trace has the names of peers instead of their ids, so that the ids alone make no difference between two
/// traces.
/// </summary>
internal sealed class Stage(InMemoryNetwork network)
{
    private readonly Dictionary<EndpointId, string> _names = [];
    private readonly List<string> _alarms = [];

    public InMemoryNetwork Network => network;

    /// <summary>Gets the log entries with the level warning or above.</summary>
    public IReadOnlyList<string> Alarms => _alarms;

    public Followed Add(string name, MoqOptions? options = null)
    {
        var moq = network.AddPeer(name, (options ?? MoqOptions.Default) with { LoggerFactory = new Log(this, name) });
        _names[network.EndpointOf(moq).Id] = name;
        return new Followed(this, name, moq);
    }

    public string NameOf(EndpointId id) => _names[id];

    public void Write(string peer, string what)
    {
        foreach (var (id, name) in _names)
            what = what.Replace(id.ToString(), name, StringComparison.Ordinal).Replace(id.ToShortString(), name, StringComparison.Ordinal);
        network.Trace.Add(peer, what);
    }

    public ValueTask PauseAsync(double seconds) => network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Writes the log of a peer as lines of the trace, so that runs with different logs have different traces.</summary>
    private sealed class Log(Stage stage, string peer) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
            var line = $"logs {eventId.Name}: {formatter(state, exception)}{cause}";
            stage.Write(peer, line);
            if (logLevel >= LogLevel.Warning)
                stage._alarms.Add($"{peer} {line}");
        }

        public void Dispose()
        {
        }
    }
}
