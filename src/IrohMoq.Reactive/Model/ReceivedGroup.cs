namespace IrohMoq.Reactive;

/// <summary>
/// Represents the additional state of a group that is received from a peer, its source, and of a frame that has not arrived completely or
/// is being written in pieces. This type is a struct because there are many groups. The caller of a member must hold the lock of the track,
/// unless the member states otherwise.
/// </summary>
internal struct ReceivedGroup
{
    private IGroupSource? _source;
    private bool _isDropped;

    /// <summary>
    /// Gets or sets the index of the first frame that the publisher has sent, which is 0 unless the readers have requested another one. The
    /// frames before it do not come.
    /// </summary>
    public int FirstFrame { get; set; }

    /// <summary>Gets or sets the frame of which a part has arrived, or null. It follows the frames of the group.</summary>
    public FrameAssembly? Arriving { get; set; }

    /// <summary>Gets the memory, in bytes, that is counted for a partially received frame.</summary>
    public int Partial { get; private set; }

    /// <summary>Gets a value indicating whether the group has a source.</summary>
    public readonly bool HasSource => _source is not null;

    /// <summary>
    /// Sets the source of a group. The source is stopped when no reader needs the rest of the group. This method acquires the lock of the
    /// track.
    /// </summary>
    /// <returns>False if the group has ended.</returns>
    public static bool TrySetSource(GroupProducer group, IGroupSource source)
    {
        lock (group.Gate)
        {
            if (!group.IsOpen)
                return false;
            group.Received._source = source;
            // A reader may have begun to wait before the source was set.
            if (group.Readers.IsAnyWaiting)
                group.Track.OnStarving(group);
            return true;
        }
    }

    /// <summary>
    /// Removes the source of a group, because the source has delivered everything. This method acquires the lock of the track.
    /// </summary>
    public static void ClearSource(GroupProducer group)
    {
        lock (group.Gate)
            group.Received._source = null;
    }

    /// <summary>Lets the peer send more of the group, because a reader waits for it.</summary>
    public readonly void Admit() => _source?.Admit();

    /// <summary>Restores the flow control that <see cref="Admit"/> has suspended, because no reader waits for more of the group.</summary>
    public readonly void Withhold() => _source?.Withhold();

    /// <summary>Removes the source, because the group has ended.</summary>
    /// <param name="stop">The code with which to stop the source, or null if the source has delivered everything.</param>
    public void End(MoqErrorCode? stop)
    {
        if (stop is { } code)
            _source?.Stop(code);
        _source = null;
    }

    /// <summary>Updates the memory that is counted for a partially received frame.</summary>
    /// <param name="group">The group.</param>
    /// <param name="held">The memory, in bytes, that the frame uses now.</param>
    public void CountPartial(GroupProducer group, int held)
    {
        if (_isDropped || held == Partial)
            return;
        var change = held - Partial;
        Partial = held;
        group.Track.OnPartial(group, held, change);
    }

    /// <summary>
    /// Stops counting the partially received frame, because the group was dropped. The source releases the memory when it detects the
    /// drop.
    /// </summary>
    public void Drop(GroupProducer group)
    {
        CountPartial(group, 0);
        _isDropped = true;
    }
}
