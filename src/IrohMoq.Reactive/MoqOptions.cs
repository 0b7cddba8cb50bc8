using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>Limits, clock and log of a <see cref="Moq"/>. Every property checks its value when it is set.</summary>
public sealed record MoqOptions
{
    /// <summary>Gets the defaults.</summary>
    public static MoqOptions Default { get; } = new();

    /// <summary>
    /// Gets the scheduler on which the manager runs and observers are called, and whose clock every wait uses. Null, the default, is the
    /// endpoint's own: the thread pool for a real endpoint, virtual time for an in-memory one. It must not run work on its caller's stack,
    /// as <c>ImmediateScheduler</c> does.
    /// </summary>
    /// <exception cref="ArgumentException">The scheduler runs work on its caller's stack.</exception>
    public IScheduler? Scheduler
    {
        get;
        init
        {
            _ = RuntimeSchedulers.RuntimeOf(value);
            field = value;
        }
    }

    /// <summary>Gets the factory of the loggers. The default logs nothing.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILoggerFactory LoggerFactory
    {
        get;
        init => field = value ?? throw new ArgumentNullException(
            nameof(LoggerFactory), "The value must not be null; NullLoggerFactory.Instance logs nothing.");
    } = NullLoggerFactory.Instance;

    /// <summary>
    /// Gets the maximum time that a dial may take until the peer has accepted. Greater than zero, at most 49 days. The default is 30 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DialTimeout { get; init => field = Positive(value); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the maximum time that a shutdown may take, from 0 to 49 days. At most four fifths of it are for peers that have not received a
    /// finished track yet. The default is 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ShutdownTimeout { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the time for which a session stays open after its last handle was disposed, from 0 to 49 days. A caller that connects within it
    /// gets the same session. The default is 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Linger { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the policy that decides which peers may dial this side, before anything is sent to them. A peer for which it returns
    /// <see langword="false"/>, or fails, or takes longer than <see cref="DecisionTimeout"/>, is refused with code 6. It may run for
    /// several peers at once. Null, the default, accepts every peer. Peers that this side dials are not subject to it.
    /// </summary>
    public Func<AcceptContext, CancellationToken, ValueTask<bool>>? AcceptPolicy { get; init; }

    /// <summary>
    /// Gets a value indicating whether a peer that dials sees no broadcast, and is in no session, before a subscriber of
    /// <see cref="Moq.IncomingSessions"/> has accepted it. False by default: a session is open when it comes. A peer that this side dials
    /// as well needs no decision.
    /// </summary>
    public bool RequireAccept { get; init; }

    /// <summary>
    /// Gets the maximum time that <see cref="AcceptPolicy"/>, and with <see cref="RequireAccept"/> the application's decision, may take
    /// before the peer is refused with code 6. Greater than zero, at most 49 days. The default is 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DecisionTimeout { get; init => field = Positive(value); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the seed of this manager's random numbers, for example the jitter of <see cref="Moq.Reconnect"/>: the same seed and the same
    /// events give the same result. Null, the default, takes a random one.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>
    /// Gets the maximum number of sessions with all peers together, dials in flight included; 1 or more. Peers beyond it are refused with
    /// code 11. The default is 4,096.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSessions { get; init => field = AtLeast(1, value); } = 4096;

    /// <summary>
    /// Gets the maximum number of connections that one peer may have by dialing again while the old ones are open; 1 or more. Those beyond
    /// it are refused with code 11. The default is 16.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSessionsPerPeer { get; init => field = AtLeast(1, value); } = 16;

    /// <summary>
    /// Gets the maximum number of notices, of sessions and broadcasts together, that are kept for subscribers that are behind; 1 or more. A
    /// subscriber that is further behind skips. The default is 1,024.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int NoticeCapacity { get; init => field = AtLeast(1, value); } = 1024;

    /// <summary>
    /// Gets the maximum number of sessions that are still open with which a late subscriber of <see cref="Moq.IncomingSessions"/> starts,
    /// the last ones; 0 or more. The default is 16.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int SessionReplay { get; init => field = AtLeast(0, value); } = 16;

    /// <summary>Gets the limits of each session.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SessionOptions Session
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Session));
    } = SessionOptions.Default;

    /// <summary>Gets the rules of the reducer; null for the manager's own.</summary>
    internal MoqRules? Rules { get; init; }

    /// <summary>Gets what sees the events and effects of the pipeline; null for nothing.</summary>
    internal IPipelineTap? Tap { get; init; }

    /// <summary>Gets the limits of each session that are not options.</summary>
    internal SessionLimits Limits { get; init; } = SessionLimits.Default;

    // The maximum of a timer is a little more.
    private static TimeSpan LongestTime { get; } = TimeSpan.FromDays(49);

    internal ConnectionSettings ToSettings() =>
        new(MoqProtocolHandler.Offered, DialTimeout, ShutdownTimeout, Linger, DecisionTimeout, MaxSessions, Session.Apply(Limits));

    private static TimeSpan Positive(TimeSpan value, [CallerMemberName] string property = "") =>
        value > TimeSpan.Zero && value <= LongestTime
            ? value
            : throw Bad(property, value, "must be greater than zero and at most 49 days");

    private static TimeSpan NotNegative(TimeSpan value, [CallerMemberName] string property = "") =>
        value >= TimeSpan.Zero && value <= LongestTime
            ? value
            : throw Bad(property, value, "must be from 0 to 49 days");

    private static int AtLeast(int least, int value, [CallerMemberName] string property = "") =>
        value >= least ? value : throw Bad(property, value, $"must be {least} or more");

    private static ArgumentOutOfRangeException Bad(string property, object? value, string rule) =>
        new(property, value, $"MoqOptions.{property} {rule}.");
}
