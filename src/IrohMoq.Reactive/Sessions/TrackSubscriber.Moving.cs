using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Moves the track subscriber from connection to connection: it subscribes on the new connection before it leaves the old one.
/// </summary>
internal sealed partial class TrackSubscriber
{
    private Subscription? _next;
    private bool _isFromNothing;
    private bool _hasMoved;

    /// <summary>Gets a value indicating whether the track subscriber has moved to another connection.</summary>
    public bool HasMoved => Volatile.Read(ref _hasMoved);

    /// <summary>
    /// Handles that the stream of a group broke off. If the track subscriber moves, the group is kept, because it is resent on the
    /// other connection.
    /// </summary>
    public void OnBrokenOff(Subscription from, BrokenGroup broken)
    {
        var sequence = broken.Group.Sequence;
        var current = Volatile.Read(ref _current);
        var isMoving = from != current || (from.Connection.Host is not null && (broken.IsLost || !from.Connection.IsOpen));
        var mayMove = !isMoving && _sources.MayResend(broken);
        if ((!isMoving && !mayMove) || IsUnread || !broken.Group.IsOpen || !_arriving.TryKeep(broken))
            broken.Group.BreakOff(broken.Code, broken.IsRemote);
        else if (mayMove)
            from.Connection.Watch(ExpireUnlessLeftAsync(from, sequence));
        // The track subscriber may have moved again meanwhile.
        else if (Volatile.Read(ref _current) is var now && now != from)
            AwaitBroken(now);
    }

    /// <summary>Moves the track subscriber from connection to connection until its track ends.</summary>
    /// <returns>The end of the last subscription.</returns>
    private async ValueTask<SubscriptionEnd> FollowAsync()
    {
        var isStaying = false;
        for (; !IsUnread; await _changed.WaitAsync().ConfigureAwait(false))
        {
            _flow.UpdateMeters();
            var current = _current;
            Earlier.Watch(current);
            FollowNewest(current);
            current = _current;
            var end = current.End;
            if (end is not null && IsLast(current, end))
                return Last(current.Connection, end);
            if (IsIncomplete(current))
                return GiveUp(current);
            _search.Redirect(current);
            _sources.CutLooped();
            if (Volatile.Read(ref _next) is not { } next)
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
                Volatile.Write(ref _next, null);
                _changed.Set();
            }
        }

        return SubscriptionEnd.Done;
    }

    /// <summary>
    /// Determines whether the current subscription of a lossless track still delivers groups that the next one does not: a relay may have
    /// taken them from a publisher that keeps them no longer.
    /// </summary>
    private bool IsAheadOf(Subscription next) => IsEverythingWanted(next) && next.Start is { } start && FirstWanted() < start;

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
        return (lowest < toCome ? lowest : toCome ?? lowest) ?? ReadersTerms.FirstStart ?? (_isFromNothing ? 0 : null);
    }

    private bool TryMoveTo(Subscription next)
    {
        Subscription before;
        lock (_gate)
        {
            if (_isEnding)
                return false;
            before = _current;
            if (before.End is null)
                _left.Add(before);
            Volatile.Write(ref _current, next);
            Volatile.Write(ref _next, null);
        }

        next.Connection.Log.Moved(next.Connection.RemoteName, Path, Track.Name, next.Start);
        Volatile.Write(ref _hasMoved, true);
        lock (_state.Gate)
            _state.SetFloor(next.IsKnown ? next.Start : null, isUntold: false, isContinued: true);
        ReadFrom(next);
        before.Withdraw();
        AwaitBroken(next);
        next.Serve();
        TakeDrops();
        return true;
    }

    /// <summary>Takes the place of a subscription that has ended before anything was received.</summary>
    private void Continue(Subscription next)
    {
        Volatile.Write(ref _current, next);
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
            return !current.IsAccepted && !_hasMoved && _state.Sequences.FirstToCome is null && _arriving.Lowest is null;
    }

    /// <summary>
    /// Aborts the partially received groups that the given subscription will not deliver: those before its beginning immediately, and,
    /// unless every group is wanted, those that have not arrived after some time.
    /// </summary>
    private void AwaitBroken(Subscription current)
    {
        if (current.Start is > 0 and var start && _arriving.BrokenBetween(0, start - 1).Length > 0)
        {
            _lost.OnGap();
            _arriving.GiveUp(0, start - 1);
            _changed.Set();
        }

        if (!IsEverythingWanted(current) && _arriving.BrokenBetween(0, ulong.MaxValue) is { Length: > 0 } broken)
            current.Connection.Watch(ExpireAsync(current.LateGroups, broken));
    }

    private async Task ExpireAsync(TimeSpan time, ulong[] broken)
    {
        try
        {
            await _runtime.DelayAsync(time, _over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        foreach (var sequence in broken)
            _arriving.GiveUp(sequence, sequence);
    }

    private bool IsEverythingWanted(Subscription current)
    {
        lock (_state.Gate)
            return _state.IsWhole && current.WantsAll;
    }

    /// <summary>
    /// Determines whether a lossless track has lost groups: the publisher has reported them as dropped, or the track subscriber has
    /// moved to a publisher that does not keep all missing groups.
    /// </summary>
    private bool IsIncomplete(Subscription current) =>
        _lost.IsAny || (_hasMoved && !IsAnyLeft && _lost.HasGapBefore(current.Start));

    private SubscriptionEnd GiveUp(Subscription current)
    {
        current.Withdraw();
        return new SubscriptionEnd(MoqErrorCode.Evicted, () => Lost("Groups"), IsLost: false);
    }

    private bool IsAnyLeft
    {
        get
        {
            lock (_gate)
                return _left.Count > 0;
        }
    }

    private MoqStreamException Lost(string what) => new(
        MoqErrorCode.Evicted,
        $"{what} of the lossless {Name} did not come. Subscribe again from the first that is missing, while the publisher keeps it.");
}
