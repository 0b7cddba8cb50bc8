using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The log of an endpoint. Its entries are written by the thread pool.</summary>
internal sealed class LogRecorder(string awaited) : ILoggerFactory, ILogger
{
    private readonly TaskCompletionSource<(string Text, Exception? Failure)> _first = new(
        TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first entry with the awaited name.</summary>
    public Task<(string Text, Exception? Failure)> First => _first.Task;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == awaited)
            _first.TrySetResult((formatter(state, exception), exception));
    }

    public void Dispose()
    {
    }
}
