using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Moves the track subscriber from connection to connection: it subscribes on the new connection before it leaves the old one.
/// </summary>
internal sealed partial class TrackSubscriber
{
    /// <summary>
    /// Handles that the stream of a group broke off. If the track subscriber moves, the group is kept, because it is resent on the
    /// other connection.
    /// </summary>
    public void OnBrokenOff(Subscription from, BrokenGroup broken)
    {
        if (IsUnread || !_broken.TryKeep(from, broken))
            broken.Group.BreakOff(broken.Code, broken.IsRemote);
    }

    /// <summary>Moves the track subscriber from connection to connection until its track ends.</summary>
    /// <returns>The end of the last subscription.</returns>
    private async ValueTask<SubscriptionEnd> FollowAsync()
    {
        var isStaying = false;
        for (; !IsUnread; await _changed.WaitAsync().ConfigureAwait(false))
        {
            _flow.UpdateMeters();
            var current = Subscriptions.Current;
            Earlier.Watch(current);
            FollowNewest(current);
            current = Subscriptions.Current;
            var end = current.End;
            if (end is not null && IsLast(current, end))
                return Last(current.Connection, end);
            if (IsIncomplete(current))
                return GiveUp(current);
            _search.Redirect(current);
            _sources.CutLooped();
            if (Subscriptions.Next is not { } next)
            {
                // A publisher that has not answered may not know yet at which group the subscription begins.
                var maySearch = !_search.IsRunning && !_search.IsNowhere;
                if (maySearch && (end is not null || (current.IsAccepted && !isStaying)))
                    current.Connection.Watch(LookAsync(current));
            }
            else if (next.IsAccepted && (next.IsKnown || end is not null) && !_search.IsNowhere && !_sources.IsFoundWithdrawn)
            {
                if ((end is null && IsAheadOf(next)) || !TryMoveTo(next))
                    continue;
                isStaying = false;
                _changed.Set();
            }
            else if (next.IsAccepted || next.End is not null)
            {
                if (next.End is { IsLost: false } refusal)
                {
                    if (end is not null && !MayTryOthers(refusal))
                        return refusal;
                    _sources.OnRefused(refusal);
                }

                // The new subscription was refused, or its publisher does not tell where it begins and may skip groups. The track
                // subscriber stays on its current connection until that ends.
                isStaying = true;
                next.Withdraw();
                Subscriptions.Next = null;
                _changed.Set();
            }
        }

        return SubscriptionEnd.Done;
    }

    /// <summary>
    /// Determines whether the current subscription of a lossless track still delivers groups that the next one does not: a relay may have
    /// taken them from a publisher that keeps them no longer.
    /// </summary>
    private bool IsAheadOf(Subscription next) => _lost.IsEverythingWanted(next.WantsAll) && next.Start is { } start && FirstWanted() < start;

    /// <summary>Returns the first group that was not received completely, or the first group that the readers requested.</summary>
    private ulong? FirstWanted()
    {
        ulong? toCome;
        // This is read before the partially received groups: a group that begins meanwhile has a higher number.
        lock (_state.Gate)
            toCome = _state.Sequences.FirstToCome;
        if (Earlier.FirstWanted is { } earlier && !(earlier >= toCome))
            toCome = earlier;
        var lowest = _arriving.Lowest;
        return (lowest < toCome ? lowest : toCome ?? lowest) ?? ReadersTerms.FirstStart ?? (Answers.IsFromNothing ? 0 : null);
    }

    private bool TryMoveTo(Subscription next)
    {
        if (Subscriptions.MoveTo(next) is not { } before)
            return false;
        next.Connection.Log.Moved(next.Connection.RemoteName, Path, Track.Name, next.Start);
        Answers.ContinueAt(next);
        ReadFrom(next);
        before.Withdraw();
        _broken.AwaitFrom(next);
        next.Serve();
        Drops.GiveUp();
        return true;
    }

    /// <summary>Takes the place of a subscription that has ended before anything was received.</summary>
    private void Continue(Subscription next)
    {
        Subscriptions.Restart(next);
        ReadFrom(next);
        next.Serve();
        // The last reader may have left before the new subscription was current.
        if (IsUnread || _over.IsCancellationRequested)
            next.Withdraw();
    }

    private void ReadFrom(Subscription next)
    {
        _sources.MoveTo(_search.SourceOn(next.Connection), next);
        _flow.MoveTo(next.Connection.Received, next.Changed);
    }

    /// <summary>Determines whether nothing is known of the track and nothing of it was received.</summary>
    private bool IsUntouched(Subscription current)
    {
        lock (_state.Gate)
            return !current.IsAccepted && !Subscriptions.HasMoved && _state.Sequences.FirstToCome is null && _arriving.Lowest is null;
    }

    /// <summary>
    /// Determines whether a lossless track has lost groups: the publisher has reported them as dropped, or the track subscriber has
    /// moved to a publisher that does not keep all missing groups.
    /// </summary>
    private bool IsIncomplete(Subscription current) =>
        _lost.IsAny || (Subscriptions.HasMoved && !Subscriptions.IsAnyFormer && _lost.HasGapBefore(current.Start));

    private SubscriptionEnd GiveUp(Subscription current)
    {
        current.Withdraw();
        return new SubscriptionEnd(MoqErrorCode.Evicted, () => Lost("Groups"), IsLost: false);
    }

    private MoqStreamException Lost(string what) => new(
        MoqErrorCode.Evicted,
        $"{what} of the lossless {Name} did not come. Subscribe again from the first that is missing, while the publisher keeps it.");
}
