using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Applies to a remote track what its publisher tells about it: the delivery terms, the properties, and the group with which it begins.
/// This type is thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="subscriptions">The subscriptions of the track.</param>
/// <param name="terms">The delivery terms of the readers.</param>
/// <param name="changed">The signal to set when the properties of the track are known.</param>
internal sealed class PublisherAnswers(TrackState track, TrackSubscriptions subscriptions, ReadersTerms terms, Signal changed)
{
    private bool _isFromNothing;

    /// <summary>
    /// Gets a value indicating whether the publisher of the first connection has answered without a first group, because it has none yet.
    /// </summary>
    public bool IsFromNothing => Volatile.Read(ref _isFromNothing);

    /// <summary>Applies the delivery terms in the answer of the publisher.</summary>
    public void TakeAnswer(Subscription from, DeliveryTerms answer)
    {
        lock (track.Gate)
        {
            // A subscription on a new connection begins behind groups that are still in flight.
            if (from == subscriptions.Current && !subscriptions.HasMoved)
            {
                if (answer.StartGroup is { } first)
                    track.Sequences.BeginAt(first);
                else
                    Volatile.Write(ref _isFromNothing, true);
            }

            track.Received!.IsWhole = answer.MaxLatency >= SubscriptionTerms.Everything;
            track.Received.IsDescribed = true;
            SetFloor(from, answer.StartGroup);
            if (!track.IsWhole)
                track.Cache.MaxAge = SubscriptionTerms.ToTime(answer.MaxLatency);
        }
    }

    /// <summary>Applies the properties of the track that the publisher has told.</summary>
    public void TakeInfo(Subscription from, TrackInfo info)
    {
        lock (track.Gate)
        {
            if (from != subscriptions.Current)
                return;
            var properties = SubscriptionTerms.PropertiesOf(info);
            // The timestamps that were received before cannot be compared with those of another timescale.
            if (!subscriptions.HasMoved)
                track.Apply(properties);
            track.Cache.HasMediaTime = true;
            track.Received!.IsWhole = properties.IsLossless;
            track.Received.IsDescribed = true;
            track.Readers.Wake();
            if (!track.IsWhole && properties.MaxAge != Timeout.InfiniteTimeSpan)
                track.Cache.MaxAge = properties.MaxAge;
        }

        changed.Set();
    }

    /// <summary>Records with which group the publisher begins.</summary>
    public void BeginAt(Subscription from, ulong first)
    {
        lock (track.Gate)
        {
            if (from == subscriptions.Current && !subscriptions.HasMoved)
                track.Sequences.BeginAt(first);
            SetFloor(from, first);
        }
    }

    /// <summary>Records with which group the subscription to which the track has moved begins, if its publisher has told it.</summary>
    public void ContinueAt(Subscription next)
    {
        lock (track.Gate)
            track.SetFloor(next.IsKnown ? next.Start : null, isUntold: false, isContinued: true);
    }

    /// <summary>Records that the track begins anew, with the first group of another subscription.</summary>
    public void BeginAnewAt(Subscription newest)
    {
        lock (track.Gate)
        {
            terms.FirstStart = null;
            track.Sequences.BeginAnewAt(newest.Start);
            if (newest is { IsKnown: true, IsAccepted: true })
                SetFloor(newest, newest.Start);
            else
                track.SetFloor(null, isUntold: false, isContinued: false);
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
        if (from != subscriptions.Current)
            return;
        var first = subscriptions.HasMoved ? from.Start : terms.FirstStart ?? told;
        track.SetFloor(first, isUntold: first is null, isContinued: subscriptions.HasMoved);
    }
}
