using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Maps options of readers and tracks to the delivery terms of moq-lite-03, and back. A maximum latency of 0 means "newest only" to
/// current Rust publishers, and "no preference" to old peers, which send no other value. Therefore 0 is sent for "newest only", but is
/// read as "no preference".
/// </summary>
internal static class SubscriptionTerms
{
    /// <summary>
    /// The maximum latency that means "no limit" in an answer of this library. It is one less than in a request, because some
    /// publishers echo the request.
    /// </summary>
    public const ulong Everything = NoLimit - 1;

    /// <summary>
    /// The maximum latency that means "no limit" in a request. It is the largest integer that JavaScript peers can read.
    /// </summary>
    public const ulong NoLimit = (1UL << 53) - 1;

    public static DeliveryTerms Of(SubscribeOptions options, bool isFirst) => new(
        options.Priority,
        // Oldest first, so that a reader of every group does not have to wait for groups that were overtaken.
        Ordered: options.Order != GroupOrder.Newest,
        MaxLatency: options.AcceptedLatency is { } latency ? (ulong)Math.Min(latency.TotalMilliseconds, NoLimit) : NoLimit,
        StartGroup: isFirst ? options.Start.Sequence : null);

    /// <summary>
    /// Determines whether an answer contains the publisher's own delivery terms. Some publishers send zero or echo the request.
    /// </summary>
    public static bool Says(DeliveryTerms answer, DeliveryTerms asked) => answer.MaxLatency > 0 && answer.MaxLatency != asked.MaxLatency;

    /// <summary>Returns the options for the track reader that serves a subscription of a peer.</summary>
    public static SubscribeOptions ToOptions(DeliveryTerms terms) => new()
    {
        Priority = terms.Priority,
        Start = terms.StartGroup is { } start and <= TrackProducer.MaxSequence ? GroupStart.From(start) : GroupStart.Latest,
        MaxLatency = terms.MaxLatency is > 0 and < Everything
            ? TimeSpan.FromMilliseconds(Math.Min(terms.MaxLatency, TimeSpan.MaxValue.TotalMilliseconds / 2))
            : null,
    };

    /// <summary>Returns the delivery terms for the answer to a subscription to a local track.</summary>
    public static DeliveryTerms Answer(TrackOptions track, byte priority, ulong? first) => new(
        priority,
        Ordered: true,
        MaxLatency: track.Lossless ? Everything : (ulong)Math.Max(1, Math.Min(track.MaxAge.TotalMilliseconds, Everything - 1)),
        StartGroup: first);
}
