using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides the limits, scheduler and logging of a <see cref="Moq"/>. Every property validates its value when it is set.
/// </summary>
public sealed record MoqOptions
{
    /// <summary>Gets the default options.</summary>
    public static MoqOptions Default { get; } = new();

    /// <summary>
    /// Gets the scheduler on which the manager runs and observers are called, and whose clock is used for all timers. With null, the
    /// default, the scheduler of the endpoint is used: the thread pool for a real endpoint, virtual time for an in-memory endpoint. The
    /// scheduler must not run work on the stack of its caller, as <c>ImmediateScheduler</c> does.
    /// </summary>
    /// <exception cref="ArgumentException">The scheduler runs work on the stack of its caller.</exception>
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
    /// Gets the maximum time that a dial may take until the peer has accepted. The value must be greater than zero and at most 49 days.
    /// The default is 30 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DialTimeout { get; init => field = Positive(value); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the maximum time that a shutdown may take, from 0 to 49 days. At most four fifths of this time are used to deliver finished
    /// tracks to peers that have not received them completely. The default is 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ShutdownTimeout { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the maximum time that a peer may take to leave after it was asked with GOAWAY, by a shutdown or by
    /// <see cref="MoqSession.GoAwayAsync"/>; from 0 to 49 days. A peer that is still connected then is disconnected: by that method with
    /// <see cref="MoqErrorCode.GoawayTimeout"/>, by a shutdown with <see cref="MoqErrorCode.Cancel"/>, as any peer. A shutdown asks the
    /// peers that have dialed, if their version of moq-lite has GOAWAY, and waits for at most four fifths of
    /// <see cref="ShutdownTimeout"/>; with 0 it asks none, and closes the sessions at once. The default is 2 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan GoawayTimeout { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets the time for which a session stays open after its last handle was disposed and the last track that is read from it with
    /// <see cref="Moq.SubscribeAsync(BroadcastPath, CancellationToken)"/> was left, from 0 to 49 days. A caller that connects, or a reader
    /// that begins, within this time uses the same session. The default is 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Linger { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the time for which a broadcast that <see cref="Moq.SubscribeAsync(BroadcastPath, CancellationToken)"/> returns stays after the
    /// last session with it was lost, from 0 to 49 days. Its readings wait, and go on if a session with the same content comes in time. A
    /// broadcast that was withdrawn does not stay. The default is 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BroadcastLinger { get; init => field = NotNegative(value); }

    /// <summary>
    /// Gets the policy that decides which peers may dial this side, before anything is sent to a peer. A peer is refused with
    /// <see cref="MoqErrorCode.Unauthorized"/> if the policy returns <see langword="false"/>, fails, or takes longer than
    /// <see cref="DecisionTimeout"/>. The policy may run for several peers at once. With null, the default, every peer is accepted. The
    /// policy does not apply to peers that this side dials. From moq-lite-05 on, the policy runs when the SETUP of the peer has arrived,
    /// whose path and role are in <see cref="AcceptContext.Request"/>; a peer that sends none within <see cref="DecisionTimeout"/> is
    /// refused with <see cref="MoqErrorCode.Timeout"/>.
    /// </summary>
    public Func<AcceptContext, CancellationToken, ValueTask<bool>>? AcceptPolicy { get; init; }

    /// <summary>
    /// Gets a value indicating whether a subscriber of <see cref="Moq.IncomingSessions"/> must accept the session of a peer that dials
    /// before the session opens and broadcasts are announced to the peer. The default is false: a session opens immediately. A peer
    /// that this side also dials needs no decision.
    /// </summary>
    public bool RequireAccept { get; init; }

    /// <summary>
    /// Gets the maximum time that <see cref="AcceptPolicy"/>, or with <see cref="RequireAccept"/> the decision of the application, may
    /// take before the peer is refused with <see cref="MoqErrorCode.Unauthorized"/>. The value must be greater than zero and at most 49
    /// days. The default is 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DecisionTimeout { get; init => field = Positive(value); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the seed of this manager's random numbers, which determine for example the jitter of <see cref="Moq.Reconnect"/>. The same
    /// seed and the same events lead to the same result. With null, the default, a random seed is used.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>
    /// Gets the maximum number of sessions with all peers together, including running dials; 1 or more. Further peers are refused with
    /// <see cref="MoqErrorCode.BoundsExceeded"/>. The default is 4,096.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSessions { get; init => field = AtLeast(1, value); } = 4096;

    /// <summary>
    /// Gets the maximum number of connections that one peer may have by dialing again while older connections are open; 1 or more.
    /// Further connections are refused with <see cref="MoqErrorCode.BoundsExceeded"/>. The default is 16.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSessionsPerPeer { get; init => field = AtLeast(1, value); } = 16;

    /// <summary>
    /// Gets the maximum number of notices, of sessions and broadcasts together, that are kept for slow subscribers; 1 or more. A
    /// subscriber that falls further behind misses notices. The default is 1,024.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int NoticeCapacity { get; init => field = AtLeast(1, value); } = 1024;

    /// <summary>
    /// Gets the maximum number of open sessions with which a late subscriber of <see cref="Moq.IncomingSessions"/> starts; 0 or more.
    /// The newest sessions are used. The default is 16.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int SessionReplay { get; init => field = AtLeast(0, value); } = 16;

    /// <summary>
    /// Gets the versions of moq-lite to offer and to accept, in order of preference, by their protocol names. Of the versions that both
    /// sides have, the one that comes first in the order of the side that was dialed is used; the order of the side that dials has no
    /// effect on peers of this library. The default is all that are supported (<see cref="SupportedProtocols"/>). An iroh endpoint accepts
    /// at most 8 protocols, those of all its handlers together.
    /// </summary>
    /// <exception cref="ArgumentException">The list is empty, or contains a name twice or one that is not supported.</exception>
    public IReadOnlyList<string> Protocols
    {
        get;
        init => field = MoqVersions.Checked(value, nameof(Protocols));
    } = MoqVersions.Offered;

    /// <summary>Gets the protocol names of all versions of moq-lite that are supported, newest first.</summary>
    public static IReadOnlyList<string> SupportedProtocols => MoqVersions.Offered;

    /// <summary>
    /// Gets the cost of a connection with this side, from 0 to <see cref="BroadcastRoute.MaxCost"/>. Peers of moq-lite-06 are told it when
    /// a connection begins, and add it to the costs of what this side announces to them (<see cref="BroadcastRoute.WarmCost"/>), so that a
    /// relay with a high cost is used by those that have no better way. Up to moq-lite-05 each connection counts as 1. The default is 1.
    /// See moq-lite, "SETUP".
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public ulong ConnectionCost
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, BroadcastRoute.MaxCost, nameof(ConnectionCost));
            field = value;
        }
    } = 1;

    /// <summary>Gets the limits of each session.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SessionOptions Session
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Session));
    } = SessionOptions.Default;

    /// <summary>
    /// Gets the function that decides on dials, connections and sessions, or null for the default one. Tests set it to inject a fault.
    /// </summary>
    internal MoqRules? Rules { get; init; }

    /// <summary>Gets the observer of the events and effects of the pipeline, or null for none.</summary>
    internal IPipelineTap? Tap { get; init; }

    /// <summary>Gets the internal limits of each session that are not public options.</summary>
    internal SessionLimits Limits { get; init; } = SessionLimits.Default;

    /// <summary>Gets the longest time that an option may state. The maximum interval of a timer is slightly longer.</summary>
    internal static TimeSpan LongestTime { get; } = TimeSpan.FromDays(49);

    internal ConnectionSettings ToSettings() =>
        new(
        Protocols,
        DialTimeout,
        ShutdownTimeout,
        Linger,
        DecisionTimeout,
        GoawayTimeout,
        MaxSessions,
        RequireAccept,
        ConnectionCost,
        Session.Apply(Limits));

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
