using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Testing;

/// <summary>A peer's log: a warning or worse is a line of the trace, and a violation unless it is a peer's own end.</summary>
internal sealed class PeerLog(Journal journal, string peer) : ILoggerFactory, ILogger
{
    private const string EndOfThePeer = "EndpointOver";

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var text = $"{eventId.Name}: {formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}";
        journal.Write(peer, "log", text);
        if (eventId.Name != EndOfThePeer && exception is not BadObserver.ThrownException)
            journal.Violated(Invariant.NothingFails, $"{peer} has nothing to warn of", exception is null ? text : $"{text}\n{exception}");
    }

    public void Dispose()
    {
    }
}
