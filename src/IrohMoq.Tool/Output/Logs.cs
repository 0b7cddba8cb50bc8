using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Tool.Output;

/// <summary>Creates the logger factory of the library, which writes to standard error if verbose output is requested.</summary>
internal static class Logs
{
    public static ILoggerFactory Create(bool verbose) => !verbose
        ? NullLoggerFactory.Instance
        : LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LogLevel.Debug)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            })
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
