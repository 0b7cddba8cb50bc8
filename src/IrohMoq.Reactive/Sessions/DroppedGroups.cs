using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Applies the reports of publishers about groups of a remote track that will not arrive. A group that one connection does not deliver may
/// still be in flight on another one, so the reports are kept until the track is received on one connection only. This type is
/// thread-safe.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="subscriptions">The subscriptions of the track.</param>
/// <param name="arriving">The groups that were received partially.</param>
/// <param name="lost">The groups that are lost.</param>
/// <param name="changed">The signal to set when a move may go on, or the track fails.</param>
internal sealed class DroppedGroups(
    TrackState track, TrackSubscriptions subscriptions, ArrivingGroups arriving, LostGroups lost, Signal changed)
{
    /// <summary>
    /// The maximum number of SUBSCRIBE_DROP messages that are kept while the track moves to another connection. Groups named by further
    /// messages count as missing when a later group arrives.
    /// </summary>
    private const int MaxKept = 1024;

    private readonly Lock _gate = new();
    private readonly List<(Subscription From, SubscribeDrop Drop)> _kept = [];

    /// <summary>
    /// Records groups that will not arrive on the connection of a subscription. Some of them may have been received, or may still arrive on
    /// the previous connection.
    /// </summary>
    /// <exception cref="MoqProtocolException">The range is not valid.</exception>
    public void Add(Subscription from, SubscribeDrop drop)
    {
        if (drop.EndGroup < drop.StartGroup || drop.EndGroup > TrackProducer.MaxSequence)
        {
            var range = $"{drop.StartGroup} to {drop.EndGroup}";
            throw new MoqProtocolException(
                MoqErrorCode.ProtocolViolation, $"The publisher dropped groups {range}, which is not a valid range.");
        }

        lock (_gate)
        {
            if (_kept.Count < MaxKept)
                _kept.Add((from, drop));
        }

        GiveUp();
    }

    /// <summary>
    /// Gives up the groups that the publisher of the current subscription has dropped, once no group stream is active on another one.
    /// </summary>
    public void GiveUp()
    {
        if (Take() is not var (current, drops))
            return;
        foreach (var drop in drops)
            GiveUp(current, drop);
        SkipGap();
        // A move may wait for these groups.
        if (drops.Length > 0 && subscriptions.Next is not null)
            changed.Set();
    }

    /// <summary>Removes the reports of the publisher of the current subscription, and those of former ones.</summary>
    /// <returns>The current subscription and its reports, or null if a former one is not over yet.</returns>
    private (Subscription Current, SubscribeDrop[] Drops)? Take()
    {
        // No report is added meanwhile, so that each is from a subscription of this moment or from a former one.
        lock (_gate)
        {
            if (subscriptions.WithoutFormer() is not var (current, next, newest))
                return null;
            SubscribeDrop[] drops = [.. _kept.Where(one => one.From == current).Select(static one => one.Drop)];
            _kept.RemoveAll(one => one.From != next && one.From != newest);
            return (current, drops);
        }
    }

    private void GiveUp(Subscription current, SubscribeDrop drop)
    {
        // Sequence numbers that no group ever had do not determine the beginning of the track, and are no loss. They may be
        // reported before the group below them has arrived.
        if (drop.ErrorCode != MoqErrorCode.NotFound.Value)
        {
            if (!IsSkippedAsAsked(current, drop) && lost.OnDropped(drop.StartGroup, drop.EndGroup, current.WantsAll))
            {
                // The track fails. A reader that has everything but these groups up to its last one has not read to its end.
                changed.Set();
                return;
            }

            lock (track.Gate)
                track.Sequences.BeginAtDropped(drop.StartGroup);
        }

        track.GiveUp(drop.StartGroup, drop.EndGroup);
        arriving.GiveUp(drop.StartGroup, drop.EndGroup);
    }

    /// <summary>
    /// Determines whether the publisher has skipped old groups because all readers accepted that, before it was told of a reader that wants
    /// every group. Such groups count as missed, and are no loss: they were not kept any more when that reader began. Up to moq-lite-05 the
    /// number of the code has several meanings, of which the publisher of a lossless track, which uses this library, has this one.
    /// </summary>
    private static bool IsSkippedAsAsked(Subscription current, SubscribeDrop drop) => !current.HasAlwaysWantedAll
        && (drop.ErrorCode == MoqErrorCode.Old.Value || drop.ErrorCode == MoqErrorCode.Unspecified(MoqErrorCode.Old.Value).Value);

    /// <summary>
    /// Gives up the groups of a live track that have not arrived and are below the first one of the publisher to which the track has moved.
    /// A lossless track has failed by then.
    /// </summary>
    private void SkipGap()
    {
        if (!subscriptions.HasMoved || subscriptions.Current is not { IsKnown: true, Start: > 0 and var start })
            return;
        ulong? first;
        lock (track.Gate)
            first = track.IsWhole ? null : track.Sequences.FirstToCome;
        if (first < start)
            track.GiveUp(first.Value, start - 1);
    }
}
