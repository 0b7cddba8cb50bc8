using System.Globalization;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Creates the logger factory of the library, which writes to standard error if verbose output is requested: one line for each entry, with
/// the words of peers escaped.
/// </summary>
internal static class Logs
{
    private const int LongestEntry = 2000;

    public static ILoggerFactory Create(bool verbose) => !verbose
        ? NullLoggerFactory.Instance
        : LoggerFactory.Create(static logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new LineProvider()));

    private sealed class LineProvider : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class LineLogger(string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var time = ThreadPoolRuntime.Instance.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
            var text = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}";
            var line = TerminalText.Escape(text.ReplaceLineEndings(" "), LongestEntry);
            Console.Error.WriteLine($"{time} {Short(logLevel)} {category}: {line}");
        }

        private static string Short(LogLevel level) => level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
    }
}
