using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>How a reading goes from connection to connection: it asks on the one that stays before it leaves the other.</summary>
internal sealed partial class TrackSubscriber
{
    private Subscription? _next;
    private ulong? _firstStart;
    private bool _isFromNothing;
    private bool _hasMoved;
    private bool _isLooking;
    private bool _isNowhere;

    /// <summary>True once another connection than the first has brought groups.</summary>
    public bool HasMoved => Volatile.Read(ref _hasMoved);

    /// <summary>The stream of a group broke off. If the reading moves, the group comes again on the other connection.</summary>
    public void OnBrokenOff(Subscription from, BrokenGroup broken)
    {
        var sequence = broken.Group.Sequence;
        var current = Volatile.Read(ref _current);
        var isMoving = from != current || (from.Connection.Host is not null && !from.Connection.IsOpen);
        if (!isMoving || IsUnread || !broken.Group.IsOpen || !_arriving.TryKeep(broken))
            broken.Group.BreakOff(broken.Code, broken.IsRemote);
        // It may have moved on meanwhile.
        else if (Volatile.Read(ref _current) is var now && now != from)
            AwaitBroken(now);
    }

    /// <summary>Goes from connection to connection.</summary>
    /// <returns>How the reading ended.</returns>
    private async ValueTask<SubscriptionEnd> FollowAsync()
    {
        var isStaying = false;
        for (; !IsUnread; await _changed.WaitAsync().ConfigureAwait(false))
        {
            _flow.TellMeters();
            var current = _current;
            var end = current.End;
            if (end is not null && (!end.IsLost || current.Connection.Host is null || Volatile.Read(ref _isNowhere)))
                return end;
            if (IsIncomplete(current))
                return GiveUp(current);
            if (Volatile.Read(ref _next) is not { } next)
            {
                // A publisher that has not answered may not know yet where the reading begins.
                var maySearch = !Volatile.Read(ref _isLooking) && !Volatile.Read(ref _isNowhere);
                if (maySearch && (end is not null || (current.IsAccepted && !isStaying)))
                    current.Connection.Watch(LookAsync(current));
            }
            else if (next.IsAccepted && (next.IsKnown || end is not null))
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
                // Refused, or by a publisher that does not say where it begins and may leave groups out: the reading stays where it is, as
                // long as that lasts.
                isStaying = true;
                next.Withdraw();
                Volatile.Write(ref _next, null);
                _changed.Set();
            }
        }

        return SubscriptionEnd.Done;
    }

    /// <summary>Asks on the connection that stays, once there is another one than this.</summary>
    private async Task LookAsync(Subscription current)
    {
        Volatile.Write(ref _isLooking, true);
        try
        {
            if (await current.Connection.Host!.NextAsync(current.Connection, _over.Token).ConfigureAwait(false) is { } connection)
            {
                var next = new Subscription(this, connection, FirstWanted());
                Volatile.Write(ref _next, next);
                connection.Watch(next.RunAsync());
            }
            else
            {
                Volatile.Write(ref _isNowhere, true);
            }
        }
        catch (OperationCanceledException)
        {
            // The reading is over.
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

    /// <summary>The first group that is not here whole, or what the readers began with.</summary>
    private ulong? FirstWanted()
    {
        ulong? toCome;
        // Before the groups that are under way: one that begins meanwhile is above these.
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
        Volatile.Write(ref _hasMoved, true);
        _flow.MoveTo(next.Connection.Received, next.Changed);
        before.Withdraw();
        AwaitBroken(next);
        next.Serve();
        TakeDrops();
        return true;
    }

    /// <summary>
    /// Gives up what this subscription will not bring: at once what is before its beginning, and, unless everything is wanted, after a
    /// while what has not come.
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
    /// Determines whether a lossless track has lost groups: its publisher says so, or the reading has moved to one that does not keep all
    /// that has not come.
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
