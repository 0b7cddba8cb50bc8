using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// What readers want, and what publishers do, in the words of moq-lite-03. A maximum latency of 0 means "newest only" to current Rust
/// publishers, and "as you like" to old peers, which send nothing else: it is sent for newest only, and read as the publisher's own
/// policy.
/// </summary>
internal static class SubscriptionTerms
{
    /// <summary>
    /// A latency without limit, as a publisher of ours says it: one less than subscribers say, because some publishers echo what they were
    /// asked.
    /// </summary>
    public const ulong Everything = NoLimit - 1;

    /// <summary>A latency without limit, as subscribers say it: the largest number that JavaScript peers read.</summary>
    public const ulong NoLimit = (1UL << 53) - 1;

    public static DeliveryTerms Of(SubscribeOptions options, bool isFirst) => new(
        options.Priority,
        // Oldest first: whoever reads everything need not wait for what was overtaken.
        Ordered: options.Order != GroupOrder.Newest,
        MaxLatency: options.AcceptedLatency is { } latency ? (ulong)Math.Min(latency.TotalMilliseconds, NoLimit) : NoLimit,
        StartGroup: isFirst ? options.Start.Sequence : null);

    /// <summary>True if the answer holds what the publisher does, and not nothing or what it was asked.</summary>
    public static bool Says(DeliveryTerms answer, DeliveryTerms asked) => answer.MaxLatency > 0 && answer.MaxLatency != asked.MaxLatency;

    /// <summary>The subscription of a peer as options of the reader that serves it.</summary>
    public static SubscribeOptions ToOptions(DeliveryTerms terms) => new()
    {
        Priority = terms.Priority,
        Start = terms.StartGroup is { } start and <= TrackProducer.MaxSequence ? GroupStart.From(start) : GroupStart.Latest,
        MaxLatency = terms.MaxLatency is > 0 and < Everything
            ? TimeSpan.FromMilliseconds(Math.Min(terms.MaxLatency, TimeSpan.MaxValue.TotalMilliseconds / 2))
            : null,
    };

    /// <summary>What this side says of a track that it publishes.</summary>
    public static DeliveryTerms Answer(TrackOptions track, byte priority, ulong? first) => new(
        priority,
        Ordered: true,
        MaxLatency: track.Lossless ? Everything : (ulong)Math.Max(1, Math.Min(track.MaxAge.TotalMilliseconds, Everything - 1)),
        StartGroup: first);
}
