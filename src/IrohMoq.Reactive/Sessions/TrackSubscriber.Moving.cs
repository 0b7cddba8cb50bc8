using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Moves the track subscriber from connection to connection: it subscribes on the new connection before it leaves the old one.
/// </summary>
internal sealed partial class TrackSubscriber
{
    private Subscription? _next;
    private ulong? _firstStart;
    private bool _isFromNothing;
    private bool _hasMoved;
    private bool _isLooking;
    private bool _isNowhere;

    /// <summary>
    /// Gets a value indicating whether the track cannot continue elsewhere: no other connection carries the session, or the broadcast has
    /// been withdrawn, so that another one may have its name.
    /// </summary>
    private bool IsNowhere => Volatile.Read(ref _isNowhere) || IsWithdrawn(_broadcast) || IsWithdrawn(Volatile.Read(ref _source));

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
        var isMoving = from != current || (from.Connection.Host is not null && !from.Connection.IsOpen);
        if (!isMoving || IsUnread || !broken.Group.IsOpen || !_arriving.TryKeep(broken))
            broken.Group.BreakOff(broken.Code, broken.IsRemote);
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
            var end = current.End;
            if (end is not null && (!end.IsLost || current.Connection.Host is null || IsNowhere))
                return Last(current.Connection, end);
            if (IsIncomplete(current))
                return GiveUp(current);
            if (Volatile.Read(ref _next) is not { } next)
            {
                // A publisher that has not answered may not know yet at which group the subscription begins.
                var maySearch = !Volatile.Read(ref _isLooking) && !IsNowhere;
                if (maySearch && (end is not null || (current.IsAccepted && !isStaying)))
                    current.Connection.Watch(LookAsync(current));
            }
            else if (next.IsAccepted && (next.IsKnown || end is not null) && !IsNowhere && !IsWithdrawn(Volatile.Read(ref _found)))
            {
                if (!TryMoveTo(next))
                    continue;
                isStaying = false;
                _changed.Set();
            }
            else if (next.IsAccepted || next.End is not null)
            {
                if (end is not null && next.End is { IsLost: false } refusal)
                    return refusal;
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

    /// <summary>Waits for another connection of the session, and subscribes on it.</summary>
    private async Task LookAsync(Subscription current)
    {
        Volatile.Write(ref _isLooking, true);
        try
        {
            using var limit = _runtime.Limit(SearchLimit(current), _over.Token);
            var found = await current.Connection.Host!.NextAsync(current.Connection, limit.Token).ConfigureAwait(false);
            var isSame = found is null ? false : await IsSameContentAsync(current.Connection, found).ConfigureAwait(false);
            if (isSame is true && found is { } connection)
            {
                var next = new Subscription(this, connection, FirstWanted());
                Volatile.Write(ref _next, next);
                connection.Watch(next.RunAsync());
            }
            else if (isSame is false)
            {
                _isReplaced = found is not null && current.Connection.IsLeaving;
                Volatile.Write(ref _isNowhere, true);
            }
        }
        catch (OperationCanceledException)
        {
            // The track subscriber has ended, or no connection was found in time.
            Volatile.Write(ref _isNowhere, true);
        }
        catch
        {
            Volatile.Write(ref _isNowhere, true);
            throw;
        }
        finally
        {
            Volatile.Write(ref _isLooking, false);
            _changed.Set();
        }

        if (_over.IsCancellationRequested)
            Volatile.Read(ref _next)?.Withdraw();
    }

    /// <summary>
    /// Returns the maximum time to wait for another connection: a subscription that was not accepted because the peer is going away has no
    /// longer to wait than for the answer of a publisher.
    /// </summary>
    private static TimeSpan SearchLimit(Subscription current) => current.End is { } end && end.Code == MoqErrorCode.GoingAway
        ? current.Connection.Limits.SubscribeAnswer
        : Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Returns the first subscription of a track whose connection the peer has asked this side to leave: on another connection, or the
    /// given one, which is not accepted, if no other connection carries the session in time.
    /// </summary>
    private async ValueTask<Subscription> FindFirstAsync(Subscription refused)
    {
        var left = refused.Connection;
        using var limit = _runtime.Limit(left.Limits.SubscribeAnswer, _over.Token);
        try
        {
            while (left.Host is { } host && await host.NextAsync(left, limit.Token).ConfigureAwait(false) is { } connection)
            {
                if (await IsSameContentAsync(left, connection).ConfigureAwait(false) is not { } isSame)
                    continue;
                if (isSame)
                    return new Subscription(this, connection, start: null);
                break;
            }
        }
        catch (OperationCanceledException)
        {
            // There is no other connection.
        }

        Volatile.Write(ref _isNowhere, true);
        return refused;
    }

    /// <summary>Returns the first group that was not received completely, or the first group that the readers requested.</summary>
    private ulong? FirstWanted()
    {
        ulong? toCome;
        // This is read before the partially received groups: a group that begins meanwhile has a higher number.
        lock (_state.Gate)
            toCome = _state.Sequences.FirstToCome;
        var lowest = _arriving.Lowest;
        return (lowest < toCome ? lowest : toCome ?? lowest) ?? _firstStart ?? (_isFromNothing ? 0 : null);
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
        Volatile.Write(ref _source, Volatile.Read(ref _found) ?? next.Connection.Announced.Find(Path));
        Volatile.Write(ref _hasMoved, true);
        _flow.MoveTo(next.Connection.Received, next.Changed);
        before.Withdraw();
        AwaitBroken(next);
        next.Serve();
        TakeDrops();
        return true;
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
