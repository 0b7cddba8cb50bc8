using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>The limits of a <see cref="Router"/> and where it logs to.</summary>
public sealed record RouterOptions
{
    /// <summary>How long a shutdown waits for the handlers; 5 seconds by default. <see cref="Timeout.InfiniteTimeSpan"/> is not allowed.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many calls of <see cref="IProtocolHandler.AcceptAsync"/> may run at once; 4,096 by default. A connection beyond that is closed with code 4.</summary>
    public int MaxAccepting { get; init; } = 4_096;

    /// <summary>Where failures of handlers and refused connections are logged; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
