using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>
/// The options of a <see cref="Router"/>. A value that is out of range throws an <see cref="ArgumentOutOfRangeException"/> when it is set.
/// </summary>
public sealed record RouterOptions
{
    /// <summary>
    /// Gets the maximum time that a shutdown waits for the handlers, zero or more; <see cref="Timeout.InfiniteTimeSpan"/> is not allowed.
    /// The default is 5 seconds. A handler whose shutdown has a limit of its own needs a longer one here.
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
    /// Gets the maximum number of calls of <see cref="IProtocolHandler.AcceptAsync"/> that run at once, 1 or more. A connection beyond it
    /// is closed with code 4. The default is 4,096.
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
