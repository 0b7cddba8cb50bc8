using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Applies what the publisher tells about the track, and with which group it begins.</content>
internal sealed partial class TrackSubscriber
{
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
        var first = _hasMoved ? from.Start : ReadersTerms.FirstStart ?? told;
        _state.SetFloor(first, isUntold: first is null, isContinued: _hasMoved);
    }
}
