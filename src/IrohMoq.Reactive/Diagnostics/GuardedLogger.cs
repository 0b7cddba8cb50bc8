using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Diagnostics;

/// <summary>
/// Represents a logger that never throws. Exceptions of the application's logger are counted by the instrument <c>moq.log.failed</c>.
/// </summary>
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

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // The failure cannot be logged, and must not affect the code that logs.
            MoqTelemetry.LogFailures.Add(1);
        }
    }
}
