using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Combines the delivery terms of the readers of a remote track, for its subscriptions and their updates. This type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="flow">The flow control, which limits how far the publisher may go.</param>
internal sealed class ReadersTerms(TrackProducer track, ReceiveFlow flow)
{
    private readonly TrackState _state = track.State;

    /// <summary>
    /// Gets or sets the group with which the first subscription was to begin, or null for the newest one. The caller must hold the lock of
    /// the track.
    /// </summary>
    public ulong? FirstStart { get; set; }

    /// <summary>Returns the combined delivery terms of the readers for a new subscription.</summary>
    /// <param name="start">The first group that was not received, or null to begin where the readers request it.</param>
    /// <param name="version">The protocol version of the session.</param>
    public DeliveryTerms From(ulong? start, MoqVersion version)
    {
        lock (_state.Gate)
        {
            var terms = SubscriptionTerms.Of(track.CombinedOptions() ?? SubscribeOptions.Default, version, isFirst: true);
            if (start is not null)
                return terms with { StartGroup = start, FrameStart = start == terms.StartGroup ? terms.FrameStart : 0 };
            FirstStart = terms.StartGroup;
            return terms;
        }
    }

    /// <summary>
    /// Returns the combined delivery terms of the readers for a subscription that begins with the newest group, because one of them does.
    /// </summary>
    public DeliveryTerms FromNewest(MoqVersion version)
    {
        lock (_state.Gate)
            return SubscriptionTerms.Of(track.CombinedOptions() ?? SubscribeOptions.Default, version, isFirst: false);
    }

    /// <summary>Returns the current delivery terms of the readers, or null if there is no reader.</summary>
    /// <param name="asked">The delivery terms that were sent to the publisher last.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="read">The progress of the foremost reader at the previous call; updated by this call.</param>
    /// <param name="isAlive">True if a reader that is behind has made progress since the previous call.</param>
    public DeliveryTerms? Now(DeliveryTerms asked, MoqVersion version, ref long read, out bool isAlive)
    {
        isAlive = false;
        lock (_state.Gate)
        {
            if (track.CombinedOptions() is not { } options)
                return null;
            var now = _state.Readers.Foremost?.Progress.Read ?? read;
            isAlive = now != read && _state.Readers.ForemostUnread > 0;
            read = now;
            var end = options.End < flow.EndGroup ? options.End : flow.EndGroup ?? options.End;
            var start = _state.StartToRequest(asked.StartGroup);
            var terms = SubscriptionTerms.Of(options, version, isFirst: true);
            var frame = start is null || start != terms.StartGroup ? 0 : terms.FrameStart;
            return terms with
            {
                StartGroup = start,
                FrameStart = start is not null && start == asked.StartGroup ? Math.Min(frame, asked.FrameStart) : frame,
                EndGroup = end,
                FrameEnd = end == options.End ? LastFrame(asked, end, terms.FrameEnd) : null,
            };
        }
    }

    /// <summary>
    /// Returns the last frame to request of the last group: not fewer frames than were requested before. Otherwise the publisher would end
    /// the group there, and a reader that joins while it is received would not get the rest.
    /// </summary>
    private static ulong? LastFrame(DeliveryTerms asked, ulong? end, ulong? frame) =>
        asked.EndGroup < end || frame is null ? frame
        : asked.EndGroup == end && asked.FrameEnd is { } before ? Math.Max(before, frame.Value)
        : null;
}
