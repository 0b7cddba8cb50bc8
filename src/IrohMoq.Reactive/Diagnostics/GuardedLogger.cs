using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Diagnostics;

/// <summary>A logger whose failures do not reach the code that logs. They are counted in <c>moq.log.failed</c>.</summary>
/// <param name="logger">The application's logger.</param>
internal sealed class GuardedLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull =>
        logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            MoqTelemetry.LogFailures.Add(1);
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // A log cannot report its own failure, and what it logs about must not fail with it.
            MoqTelemetry.LogFailures.Add(1);
        }
    }
}
