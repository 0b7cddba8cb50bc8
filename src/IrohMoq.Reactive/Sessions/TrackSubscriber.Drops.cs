using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Applies the reports of the publisher about groups that will not arrive.</content>
internal sealed partial class TrackSubscriber
{
    /// <summary>
    /// The maximum number of SUBSCRIBE_DROP messages that are kept while the track moves to another connection. Groups named by further
    /// messages count as missing when a later group arrives.
    /// </summary>
    private const int MaxKeptDrops = 1024;

    private readonly List<(Subscription From, SubscribeDrop Drop)> _drops = [];

    /// <summary>
    /// Records groups that will not arrive on this connection. Some of them may have been received, or may still arrive on the previous
    /// connection.
    /// </summary>
    public void GiveUp(Subscription from, SubscribeDrop drop)
    {
        if (drop.EndGroup < drop.StartGroup || drop.EndGroup > TrackProducer.MaxSequence)
        {
            var range = $"{drop.StartGroup} to {drop.EndGroup}";
            throw new MoqProtocolException(
                MoqErrorCode.ProtocolViolation, $"The publisher dropped groups {range}, which is not a valid range.");
        }

        lock (_gate)
        {
            if (_drops.Count < MaxKeptDrops)
                _drops.Add((from, drop));
        }

        TakeDrops();
    }

    /// <summary>
    /// Gives up the groups of a live track that have not arrived and are below the first one of the publisher to which the track has moved.
    /// A lossless track has failed by then.
    /// </summary>
    private void SkipGap()
    {
        if (!HasMoved || _current is not { IsKnown: true, Start: > 0 and var start })
            return;
        ulong? first;
        lock (_state.Gate)
            first = _state.IsWhole ? null : _state.Sequences.FirstToCome;
        if (first < start)
            _state.GiveUp(first.Value, start - 1);
    }

    /// <summary>
    /// Determines whether the publisher has skipped old groups because all readers accepted that, before it was told of a reader that wants
    /// every group. Such groups count as missed, and are no loss: they were not kept any more when that reader began. Up to moq-lite-05 the
    /// number of the code has several meanings, of which the publisher of a lossless track, which uses this library, has this one.
    /// </summary>
    private bool IsSkippedAsAsked(SubscribeDrop drop) => !_current.HasAlwaysWantedAll
        && (drop.ErrorCode == MoqErrorCode.Old.Value || drop.ErrorCode == MoqErrorCode.Unspecified(MoqErrorCode.Old.Value).Value);

    /// <summary>
    /// Gives up the groups that the publisher of the current subscription has dropped, once no group stream is active on another one.
    /// </summary>
    private void TakeDrops()
    {
        SubscribeDrop[] drops;
        lock (_gate)
        {
            if (_left.Count > 0)
                return;
            drops = [.. _drops.Where(one => one.From == _current).Select(static one => one.Drop)];
            _drops.RemoveAll(one => one.From != _next && one.From != _newest);
        }

        foreach (var drop in drops)
        {
            // Sequence numbers that no group ever had do not determine the beginning of the track, and are no loss. They may be
            // reported before the group below them has arrived.
            if (drop.ErrorCode != MoqErrorCode.NotFound.Value)
            {
                if (!IsSkippedAsAsked(drop) && _lost.OnDropped(drop.StartGroup, drop.EndGroup, _current.WantsAll))
                {
                    // The track fails. A reader that has everything but these groups up to its last one has not read to its end.
                    _changed.Set();
                    continue;
                }

                lock (_state.Gate)
                    _state.Sequences.BeginAtDropped(drop.StartGroup);
            }

            _state.GiveUp(drop.StartGroup, drop.EndGroup);
            _arriving.GiveUp(drop.StartGroup, drop.EndGroup);
        }

        SkipGap();
        // A move may wait for these groups.
        if (drops.Length > 0 && Volatile.Read(ref _next) is not null)
            _changed.Set();
    }
}
