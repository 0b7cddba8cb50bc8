using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the logger of a peer. Writes log entries of level warning and above to the trace, and reports each as a violation unless the
/// scenario has caused it.
/// </summary>
internal sealed class PeerLogger(SimulationLog log, string peer, bool skipIsExpected) : ILoggerFactory, ILogger
{
    private const string EndpointOver = "EndpointOver";
    private const string Skipped = "Skipped";

    /// <summary>Gets a value that indicates whether an observer of the peer has skipped items.</summary>
    public bool HasSkipped { get; private set; }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
        var text = $"{eventId.Name}: {formatter(state, exception)}{cause}";
        log.Write(peer, "log", text);
        HasSkipped |= eventId.Name == Skipped;
        var isExpected = eventId.Name == EndpointOver || (eventId.Name == Skipped && skipIsExpected);
        if (!isExpected && exception is not FaultyObserver.ThrownException)
            log.ReportViolation(
                ManagerInvariants.NothingFails, $"{peer} logs no warning", exception is null ? text : $"{text}\n{exception}");
    }

    public void Dispose()
    {
    }
}
