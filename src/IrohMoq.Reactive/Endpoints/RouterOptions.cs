using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides the options of a <see cref="Router"/>. Setting a value that is out of range throws an
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public sealed record RouterOptions
{
    /// <summary>
    /// Gets the maximum time that a shutdown waits for the handlers. The value must be zero or more;
    /// <see cref="Timeout.InfiniteTimeSpan"/> is not allowed. The default is 5 seconds. If the shutdown of a handler has its own time
    /// limit, this value should be longer.
    /// </summary>
    public TimeSpan ShutdownTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, nameof(ShutdownTimeout));
            field = value;
        }
    }
        = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the maximum number of concurrent calls of <see cref="IProtocolHandler.AcceptAsync"/>, at least 1. A further connection is
    /// closed with code 4. The default is 4,096.
    /// </summary>
    public int MaxAccepting
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaxAccepting));
            field = value;
        }
    }
        = 4_096;

    /// <summary>Gets the factory of the router's logger. The default logs nothing.</summary>
    public ILoggerFactory LoggerFactory
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(LoggerFactory));
            field = value;
        }
    }
        = NullLoggerFactory.Instance;
}
