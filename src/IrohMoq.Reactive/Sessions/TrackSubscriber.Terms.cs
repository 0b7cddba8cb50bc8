using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Combines the delivery terms of the readers, and applies those of the publisher.</content>
internal sealed partial class TrackSubscriber
{
    /// <summary>Returns the combined delivery terms of the readers for a new subscription.</summary>
    /// <param name="start">The first group that was not received, or null to begin where the readers request it.</param>
    /// <param name="version">The protocol version of the session.</param>
    public DeliveryTerms Terms(ulong? start, MoqVersion version)
    {
        lock (_state.Gate)
        {
            var terms = SubscriptionTerms.Of(Track.CombinedOptions() ?? SubscribeOptions.Default, version, isFirst: true);
            if (start is not null)
                return terms with { StartGroup = start, FrameStart = start == terms.StartGroup ? terms.FrameStart : 0 };
            _firstStart = terms.StartGroup;
            return terms;
        }
    }

    /// <summary>
    /// Returns the combined delivery terms of the readers for a subscription that begins with the newest group, because one of them does.
    /// </summary>
    public DeliveryTerms TermsFromNewest(MoqVersion version)
    {
        lock (_state.Gate)
            return SubscriptionTerms.Of(Track.CombinedOptions() ?? SubscribeOptions.Default, version, isFirst: false);
    }

    /// <summary>Returns the current delivery terms of the readers, or null if there is no reader.</summary>
    /// <param name="asked">The delivery terms that were sent to the publisher last.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="read">The progress of the foremost reader at the previous call; updated by this call.</param>
    /// <param name="isAlive">True if a reader that is behind has made progress since the previous call.</param>
    public DeliveryTerms? Terms(DeliveryTerms asked, MoqVersion version, ref long read, out bool isAlive)
    {
        isAlive = false;
        lock (_state.Gate)
        {
            if (Track.CombinedOptions() is not { } options)
                return null;
            var now = _state.Readers.Foremost?.Progress.Read ?? read;
            isAlive = now != read && _state.Readers.ForemostUnread > 0;
            read = now;
            var end = options.End < _flow.EndGroup ? options.End : _flow.EndGroup ?? options.End;
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

    /// <summary>Applies the delivery terms in the answer of the publisher.</summary>
    public void TakeAnswer(Subscription from, DeliveryTerms terms)
    {
        lock (_state.Gate)
        {
            // A subscription on a new connection begins behind groups that are still in flight.
            if (from == Volatile.Read(ref _current) && !_hasMoved)
            {
                if (terms.StartGroup is { } first)
                    _state.Sequences.BeginAt(first);
                else
                    _isFromNothing = true;
            }

            _state.Received!.IsWhole = terms.MaxLatency >= SubscriptionTerms.Everything;
            _state.Received.IsDescribed = true;
            SetFloor(from, terms.StartGroup);
            if (!_state.IsWhole)
                _state.Cache.MaxAge = SubscriptionTerms.ToTime(terms.MaxLatency);
        }
    }

    /// <summary>Applies the properties of the track that the publisher has told.</summary>
    public void TakeInfo(Subscription from, TrackInfo info)
    {
        lock (_state.Gate)
        {
            if (from != Volatile.Read(ref _current))
                return;
            var properties = SubscriptionTerms.PropertiesOf(info);
            // The timestamps that were received before cannot be compared with those of another timescale.
            if (!_hasMoved)
                _state.Apply(properties);
            _state.Cache.HasMediaTime = true;
            _state.Received!.IsWhole = properties.IsLossless;
            _state.Received.IsDescribed = true;
            _state.Readers.Wake();
            if (!_state.IsWhole && properties.MaxAge != Timeout.InfiniteTimeSpan)
                _state.Cache.MaxAge = properties.MaxAge;
        }

        _changed.Set();
    }

    /// <summary>
    /// Returns the time for which missing groups are waited for after the publisher has ended the subscription: until they would have
    /// expired, at most 10 s. The time for which they have been missing counts. The publisher of a lossless track ends the subscription
    /// when all groups have arrived.
    /// </summary>
    /// <param name="late">The time that a group stream may take to arrive, which is the minimum.</param>
    /// <param name="start">The first group.</param>
    /// <param name="end">The group after the last one.</param>
    public TimeSpan PatienceAtEnd(TimeSpan late, ulong start, ulong end)
    {
        var isAnyBroken = _arriving.BrokenBetween(0, ulong.MaxValue).Length > 0;
        lock (_state.Gate)
        {
            if (_state.IsWhole || start >= end)
                return late;
            var patience = _state.PatienceFor(Track.CombinedOptions()?.AcceptedLatency);
            if (!isAnyBroken)
                patience -= _state.Sequences.MissingFor(start, LastWanted(end));
            return patience < late ? late : patience;
        }
    }

    /// <summary>Records with which group the publisher begins.</summary>
    public void BeginAt(Subscription from, ulong first)
    {
        lock (_state.Gate)
        {
            if (from == Volatile.Read(ref _current) && !_hasMoved)
                _state.Sequences.BeginAt(first);
            SetFloor(from, first);
        }
    }

    /// <summary>
    /// Records the first group of a subscription whose publisher understands updates, so that earlier ones are requested if a reader wants
    /// them. The caller must hold the lock of the track.
    /// </summary>
    /// <param name="from">The subscription.</param>
    /// <param name="told">The first group that the publisher sends, or null if it does not tell.</param>
    private void SetFloor(Subscription from, ulong? told)
    {
        if (from != Volatile.Read(ref _current))
            return;
        var first = _hasMoved ? from.Start : _firstStart ?? told;
        _state.SetFloor(first, isUntold: first is null, isContinued: _hasMoved);
    }
}
