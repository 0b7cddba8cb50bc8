namespace IrohMoq.Reactive;

/// <summary>
/// What a group that is received has beside its frames: its source, and the memory of a frame that has come in part. A value, because
/// there are many groups. Every member is used under the track's lock, unless it says otherwise.
/// </summary>
internal struct ReceivedGroup
{
    private IGroupSource? _source;
    private bool _isDropped;

    /// <summary>Gets the memory, in bytes, that is counted for a frame which has come in part.</summary>
    public int Partial { get; private set; }

    /// <summary>Gets a value indicating whether the group has a source.</summary>
    public readonly bool HasSource => _source is not null;

    /// <summary>Sets the source of a group. It is stopped once no reader wants the rest. Takes the lock.</summary>
    /// <returns>False if the group is over.</returns>
    public static bool TrySetSource(GroupProducer group, IGroupSource source)
    {
        lock (group.Gate)
        {
            if (!group.IsOpen)
                return false;
            group.Received._source = source;
            // A reader may have begun to wait before there was this source.
            if (group.Readers.IsAnyWaiting)
                group.Track.OnStarving(group);
            return true;
        }
    }

    /// <summary>Removes the source of a group, which has nothing more to bring. Takes the lock.</summary>
    public static void ClearSource(GroupProducer group)
    {
        lock (group.Gate)
            group.Received._source = null;
    }

    /// <summary>Lets the source send more: a reader waits for it.</summary>
    public readonly void Admit() => _source?.Admit();

    /// <summary>Holds the source back: no reader waits for more of the group any more.</summary>
    public readonly void Withhold() => _source?.Withhold();

    /// <summary>Removes the source: the group is over.</summary>
    /// <param name="stop">The code to stop it with, or null if it has brought everything.</param>
    public void End(MoqErrorCode? stop)
    {
        if (stop is { } code)
            _source?.Stop(code);
        _source = null;
    }

    /// <summary>Counts the memory of a frame that has come in part.</summary>
    /// <param name="group">The group.</param>
    /// <param name="held">The memory that the frame takes now, in bytes.</param>
    public void CountPartial(GroupProducer group, int held)
    {
        if (_isDropped || held == Partial)
            return;
        var change = held - Partial;
        Partial = held;
        group.Track.OnPartial(group, held, change);
    }

    /// <summary>Counts no partial frame any more: the group was dropped. The source gives the memory back when it notices.</summary>
    public void Drop(GroupProducer group)
    {
        CountPartial(group, 0);
        _isDropped = true;
    }
}
