using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>When a peer begins to dial, from its log.</summary>
internal sealed class DialLog(Func<double> now) : ILoggerFactory, ILogger
{
    public List<double> Times { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "Dialing")
            Times.Add(now());
    }

    public void Dispose()
    {
    }
}
