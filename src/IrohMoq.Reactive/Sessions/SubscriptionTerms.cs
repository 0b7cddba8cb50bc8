using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Maps options of readers and tracks to the delivery terms of moq-lite-03, and back. A maximum latency of 0 means "newest only" to
/// current Rust publishers, and "no preference" to old peers, which send nothing else: it is sent for newest only, and read as no
/// preference.
/// </summary>
internal static class SubscriptionTerms
{
    /// <summary>
    /// A latency without limit in an answer of this library: one less than in a request, because some publishers echo the request.
    /// </summary>
    public const ulong Everything = NoLimit - 1;

    /// <summary>A latency without limit in a request: the largest number that JavaScript peers read.</summary>
    public const ulong NoLimit = (1UL << 53) - 1;

    public static DeliveryTerms Of(SubscribeOptions options, bool isFirst) => new(
        options.Priority,
        // Oldest first, so that a reader of every group need not wait for overtaken ones.
        Ordered: options.Order != GroupOrder.Newest,
        MaxLatency: options.AcceptedLatency is { } latency ? (ulong)Math.Min(latency.TotalMilliseconds, NoLimit) : NoLimit,
        StartGroup: isFirst ? options.Start.Sequence : null);

    /// <summary>Determines whether the answer says what the publisher does. Some publishers send zero or echo the request.</summary>
    public static bool Says(DeliveryTerms answer, DeliveryTerms asked) => answer.MaxLatency > 0 && answer.MaxLatency != asked.MaxLatency;

    /// <summary>Returns the options of the reader that serves a subscription of a peer.</summary>
    public static SubscribeOptions ToOptions(DeliveryTerms terms) => new()
    {
        Priority = terms.Priority,
        Start = terms.StartGroup is { } start and <= TrackProducer.MaxSequence ? GroupStart.From(start) : GroupStart.Latest,
        MaxLatency = terms.MaxLatency is > 0 and < Everything
            ? TimeSpan.FromMilliseconds(Math.Min(terms.MaxLatency, TimeSpan.MaxValue.TotalMilliseconds / 2))
            : null,
    };

    /// <summary>Returns the terms that answer a subscription to a local track.</summary>
    public static DeliveryTerms Answer(TrackOptions track, byte priority, ulong? first) => new(
        priority,
        Ordered: true,
        MaxLatency: track.Lossless ? Everything : (ulong)Math.Max(1, Math.Min(track.MaxAge.TotalMilliseconds, Everything - 1)),
        StartGroup: first);
}
