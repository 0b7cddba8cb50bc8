using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides the limits of each session, which bound the memory that one peer can occupy on this side. Every property validates its
/// value when it is set.
/// </summary>
public sealed record SessionOptions
{
    /// <summary>Gets the default options.</summary>
    public static SessionOptions Default { get; } = new();

    /// <summary>
    /// Gets the maximum number of broadcasts that a peer may announce at once; 1 or more. A peer that announces more is disconnected with
    /// <see cref="MoqErrorCode.BoundsExceeded"/>. The default is 16,384.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxAnnouncements { get; init => field = (int)AtLeast(1, value); } = SessionLimits.Default.Announcements;

    /// <summary>
    /// Gets the maximum number of tracks to which a peer may be subscribed at once, and of which it may request the properties at once; 1
    /// or more. Further subscriptions and requests are refused with <see cref="MoqErrorCode.NoCapacity"/>. The default is 4,096.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSubscriptions { get; init => field = (int)AtLeast(1, value); } = SessionLimits.Default.Subscriptions;

    /// <summary>
    /// Gets the maximum number of bytes that are kept for the readers of one remote track; 64 KiB or more. When half of it is used, the
    /// publisher is slowed down. The default is 16 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxReceivedBytesPerTrack { get; init => field = AtLeast(64 << 10, value); } = SessionLimits.Default.ReceivedShare;

    /// <summary>
    /// Gets the maximum number of bytes that are kept for all readers of a session, divided among the tracks whose readers are behind; 64
    /// KiB or more. The default is 64 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxReceivedBytes { get; init => field = AtLeast(64 << 10, value); } = SessionLimits.Default.ReceivedBudget;

    /// <summary>
    /// Gets the maximum time for each step of a request to a publisher, after which the request fails: the wait until the peer allows
    /// another stream, and then for the answer. It applies to subscriptions, to the request of the properties of a track
    /// (<see cref="TrackConsumer.GetPropertiesAsync"/>, "TRACK"), which from moq-lite-05 on comes with each subscription, and to the first
    /// bytes of a single group (<see cref="TrackConsumer.FetchAsync"/>, "FETCH"). The value must be greater than zero and at most 49 days.
    /// The default is 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan SubscribeTimeout
    {
        get;
        init => field = value > TimeSpan.Zero && value <= TimeSpan.FromDays(49)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(SubscribeTimeout), value, "SessionOptions.SubscribeTimeout must be greater than zero and at most 49 days.");
    } = SessionLimits.Default.SubscribeAnswer;

    /// <summary>Returns the internal session limits with the values of these options.</summary>
    internal SessionLimits Apply(SessionLimits limits) => this == Default
        ? limits
        : limits with
        {
            Announcements = MaxAnnouncements,
            Subscriptions = MaxSubscriptions,
            ReceivedShare = MaxReceivedBytesPerTrack,
            ReceivedBudget = MaxReceivedBytes,
            SubscribeAnswer = SubscribeTimeout,
        };

    private static long AtLeast(long least, long value, [CallerMemberName] string property = "") => value >= least
        ? value
        : throw new ArgumentOutOfRangeException(property, value, $"SessionOptions.{property} must be {least} or more.");
}
