using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Maps options of readers and tracks to delivery terms of moq-lite, and back. Up to moq-lite-05 a maximum latency of 0 means "newest only"
/// to current Rust publishers, and "no preference" to old peers, which send no other value. There 0 is sent for "newest only", but is read
/// as "no preference".
/// </summary>
internal static class SubscriptionTerms
{
    /// <summary>
    /// The maximum latency that means "no limit" in an answer of this library, and that tells its own peers that no group is dropped. It
    /// is one less than in a request, because some publishers echo the request.
    /// </summary>
    public const ulong Everything = NoLimit - 1;

    /// <summary>
    /// The maximum latency that means "no limit" in a request. It is the largest integer that JavaScript peers can read.
    /// </summary>
    public const ulong NoLimit = (1UL << 53) - 1;

    /// <summary>Returns the delivery terms for the readers of a track.</summary>
    /// <param name="options">The options of the readers.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="isFirst">True for a SUBSCRIBE, which begins where the readers want it.</param>
    public static DeliveryTerms Of(SubscribeOptions options, MoqVersion version, bool isFirst) => new(
        options.Priority,
        // Oldest first, so that a reader of every group does not have to wait for groups that were overtaken.
        Ordered: options.Order != GroupOrder.Newest,
        MaxLatency: options.AcceptedLatency is { } latency ? (ulong)Math.Min(latency.TotalMilliseconds, NoLimit) : NoLimit,
        StartGroup: isFirst ? options.Start.Sequence : null,
        EndGroup: options.End,
        FrameStart: version.HasRoutes && isFirst && options.Start.Sequence is not null ? (ulong)options.FirstFrame : 0,
        FrameEnd: version.HasRoutes && options.End is not null ? (ulong?)options.LastFrame : null);

    /// <summary>
    /// Returns the delivery terms with which a subscription begins at the newest group in moq-lite-06, where the start follows from the
    /// maximum age alone: with the age 0, which is replaced by that of the readers when the publisher has told where it begins. Until then
    /// a group can expire; a publisher that uses this library therefore gets <see cref="Everything"/>.
    /// </summary>
    /// <param name="terms">The delivery terms of the readers.</param>
    /// <param name="extensions">What the publisher understands.</param>
    public static DeliveryTerms FromNewest(DeliveryTerms terms, PeerExtensions extensions) =>
        terms with { MaxLatency = extensions.HasFlag(PeerExtensions.FromNewest) && terms.MaxLatency > 0 ? Everything : 0 };

    /// <summary>
    /// Determines whether an answer contains the publisher's own delivery terms. Some publishers send zero or echo the request.
    /// </summary>
    public static bool Says(DeliveryTerms answer, DeliveryTerms asked) => answer.MaxLatency > 0 && answer.MaxLatency != asked.MaxLatency;

    /// <summary>Determines whether a subscriber wants every group, no matter how late.</summary>
    public static bool WantsAll(DeliveryTerms terms) => terms.MaxLatency >= Everything;

    /// <summary>Returns the options for the track reader that serves a subscription of a peer.</summary>
    /// <param name="terms">The delivery terms of the peer.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="start">The group with which the subscription begins in moq-lite-06, or null for the newest one.</param>
    public static SubscribeOptions ToOptions(DeliveryTerms terms, MoqVersion version, ulong? start = null)
    {
        var first = version.HasRoutes ? start : terms.StartGroup;
        return new SubscribeOptions
        {
            Priority = terms.Priority,
            Start = first is { } sequence and <= TrackProducer.MaxSequence ? GroupStart.From(sequence) : GroupStart.Latest,
            // The frame belongs to the requested group, and not to a later one with which the subscription begins.
            FirstFrame = first == terms.StartGroup ? ToIndex(terms.FrameStart) : 0,
            // Groups behind the last one are not taken at all. A relay passes the bound on only if the subscriber names a frame: lossless
            // tracks move the last group all the time.
            End = terms.FrameEnd is not null && terms.EndGroup is { } end ? Math.Min(end, TrackProducer.MaxSequence) : null,
            LastFrame = terms.FrameEnd is { } last ? ToIndex(last) : null,
            MaxLatency = terms.MaxLatency < Everything && (terms.MaxLatency > 0 || version.HasRoutes)
                ? ToTime(terms.MaxLatency)
                : null,
        };
    }

    /// <summary>Returns the message that tells a subscriber the properties of a track.</summary>
    public static TrackInfo InfoOf(TrackProperties track) => new(track.Priority, Ordered: true, Age(track), (ulong)track.Timescale);

    /// <summary>Returns the properties of a track that a publisher has told.</summary>
    public static TrackProperties PropertiesOf(TrackInfo info) => new()
    {
        Priority = info.Priority,
        MaxAge = info.MaxLatency >= Everything - 1 ? Timeout.InfiniteTimeSpan : ToTime(info.MaxLatency),
        Timescale = (long)Math.Min(info.Timescale, long.MaxValue),
        IsLossless = info.MaxLatency == Everything,
    };

    /// <summary>
    /// Returns the time, in milliseconds, for which a track keeps groups, as subscribers are told it: 0 if it keeps only the newest one.
    /// </summary>
    private static ulong Age(TrackProperties track) => track.IsLossless ? Everything : ToAge(track.MaxAge);

    /// <summary>Returns the delivery terms for the answer to a subscription to a local track.</summary>
    public static DeliveryTerms Answer(TrackState track, byte priority, ulong? first) => new(
        priority,
        Ordered: true,
        // Up to moq-lite-04, 0 tells nothing.
        MaxLatency: Math.Max(1, Age(TrackProperties.Of(track))),
        StartGroup: first);

    /// <summary>Returns a time that a peer has sent, in milliseconds. A time that no timer can measure is shortened.</summary>
    public static TimeSpan ToTime(ulong milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Min(milliseconds, TimeSpan.MaxValue.TotalMilliseconds / 2));

    /// <summary>Returns the index of a frame that a peer has named. No group has as many frames as the largest index returned.</summary>
    public static int ToIndex(ulong frame) => (int)Math.Min(frame, GroupProducer.MaxFrames + 1);

    private static ulong ToAge(TimeSpan age) => age < TimeSpan.Zero
        ? Everything - 1
        : (ulong)Math.Min(Math.Ceiling(age.TotalMilliseconds), Everything - 1);
}
