namespace IrohMoq.Reactive.Sessions;

/// <content>Resets the groups that the subscriber does not accept any more, or that the cache has dropped.</content>
internal sealed partial class SendWindow
{
    private int _droppedInQueue;
    private long _lateChecked;
    private GroupPublisher? _newest;

    /// <summary>
    /// Gets a value indicating whether the cache has dropped a group that is still completely in the queue of its stream.
    /// </summary>
    public bool HasDroppedInQueue => Volatile.Read(ref _droppedInQueue) != 0;

    /// <summary>Records that the cache dropped a group whose data is completely queued on its stream but not yet sent.</summary>
    public void OnDroppedInQueue()
    {
        if (Interlocked.Exchange(ref _droppedInQueue, 1) == 0)
            _cursor.Wake();
    }

    /// <summary>Resets the groups that the cache dropped some time ago and that are still in the queues of their streams.</summary>
    public void ResetLate()
    {
        var (runtime, limit) = (_connection.Runtime, _connection.Limits.DroppedInQueue);
        if (runtime.GetElapsedTime(_lateChecked) < limit)
            return;
        _lateChecked = runtime.GetTimestamp();
        Volatile.Write(ref _droppedInQueue, 0);
        var late = new List<GroupPublisher>();
        lock (_gate)
        {
            foreach (var group in _inFlight)
            {
                if (group.DroppedAt == 0)
                    continue;
                if (runtime.GetElapsedTime(group.DroppedAt) >= limit)
                    late.Add(group);
                else
                    Volatile.Write(ref _droppedInQueue, 1);
            }
        }

        foreach (var group in late)
            group.ResetUnlessSent();
    }

    /// <summary>Resets the groups that are older than the subscriber accepts, because it has changed its mind.</summary>
    public void ResetOld()
    {
        if (Volatile.Read(ref _newest) is { } newest)
            ResetOld(newest);
    }

    /// <summary>
    /// Resets the groups that are older than the subscriber accepts now that a newer group exists, even if they are blocked by flow
    /// control. The groups were begun about in the order of their ages: the first one that is not too old ends the search. The caller must
    /// not hold the lock, because the lock of the track is taken.
    /// </summary>
    private void ResetOld(GroupPublisher newest)
    {
        while (_cursor.Options.MaxLatency is { } latency && OldestBefore(_inFlight, newest) is { } old && old.IsOlderThan(newest, latency))
            old.ResetOld();
        while (_cursor.Options.MaxLatency is { } latency && OldestBefore(_waiting, newest) is { } old && old.IsOlderThan(newest, latency))
            old.ResetOld();
    }

    /// <summary>Returns the first group that was not reset and that has a lower number than another one.</summary>
    private GroupPublisher? OldestBefore(LinkedList<GroupPublisher> groups, GroupPublisher newest)
    {
        lock (_gate)
        {
            for (var group = groups.First; group is not null; group = group.Next)
            {
                if (!group.Value.IsOld && group.Value.Sequence < newest.Sequence)
                    return group.Value;
            }

            return null;
        }
    }
}
