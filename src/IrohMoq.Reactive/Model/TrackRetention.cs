namespace IrohMoq.Reactive;

/// <summary>
/// Decides which groups a track keeps, and for how long: for its readers, and for readers that join later. The caller of any member must
/// hold the lock of the track.
/// </summary>
internal sealed class TrackRetention(TrackState track)
{
    private bool _isClosed;

    private GroupCache Cache => track.Cache;

    private TrackReaders Readers => track.Readers;

    // A live track keeps its groups until the limits of the cache displace them, for readers that join later. A track that is received
    // does so only if it is passed on to peers and its publisher has told how long a group is kept.
    private bool KeepsForReadersOnly => track.Options.Lossless || (track.Received is { } received && !KeepsForPeers(received));

    /// <summary>Determines whether a reader that joins after the specified end of the track finds no groups.</summary>
    public bool IsGivenUp(TrackEnd end) => _isClosed || end.Failure is not null;

    /// <summary>Stops keeping groups for later readers. Current readers continue.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Adds a new group to the cache, and drops the groups that it displaces.</summary>
    public void Add(GroupProducer group)
    {
        var newest = Cache.Newest;
        Cache.Add(group);
        Readers.OnBegun(group.Cost);
        Cache.DropOld();
        MakeRoom(group);
        // The group that was kept for later readers is not the newest any more.
        if (newest is not null && newest != Cache.Newest && KeepsForReadersOnly && IsUnneeded(newest))
            Forget(newest);
    }

    /// <summary>
    /// Drops groups while the limits of the cache are exceeded. On a lossless track the writer waits instead, unless there is no reader
    /// and <see cref="TrackOptions.DropsWithoutReaders"/> is true.
    /// </summary>
    /// <param name="writing">The group that is written, which is not dropped.</param>
    public void MakeRoom(GroupProducer writing)
    {
        if (!track.Options.Lossless || (Readers.Count == 0 && track.Options.DropsWithoutReaders))
            Cache.MakeRoom(writing, track.IsWhole);
    }

    /// <summary>Removes from the cache a group that a reader has passed or released, if no reader needs the group any more.</summary>
    public void OnPassed(GroupProducer group)
    {
        if (KeepsForReadersOnly && IsUnneeded(group))
            Forget(group);
        if (track.End is not null && Readers.Count == 0)
            Trim();
    }

    /// <summary>
    /// Removes from the cache a group of a lossless track that receives no more frames, if every reader has passed the group.
    /// </summary>
    public void OnGroupOver(GroupProducer group)
    {
        if (track.Options.Lossless && IsUnneeded(group))
            Forget(group);
    }

    /// <summary>Cuts off the readers that have not read a dropped group, if readers of the track must not miss a group.</summary>
    public void CutLosslessReadersOf(GroupProducer group)
    {
        if (!track.IsWhole)
            return;
        foreach (var cursor in Readers)
        {
            if (cursor.CutOff is null && (!cursor.HasPassed(group.Index) || group.Readers.Of(cursor) is not null))
                cursor.Cut(MoqErrorCode.SlowReader);
        }
    }

    /// <summary>
    /// Removes the groups that no reader will read: every group of a track that has ended, has no readers and keeps nothing for later
    /// readers; and, on a lossless or received track, the groups that every reader has passed.
    /// </summary>
    public void Trim()
    {
        var isGivenUp = track.End is { } end && IsGivenUp(end);
        if (isGivenUp)
        {
            track.ReaderCount.End();
            track.History.Close();
        }

        if (isGivenUp && Readers.Count == 0)
        {
            Cache.ForgetAll();
            return;
        }

        if (!KeepsForReadersOnly)
            return;
        foreach (var (_, group) in Cache)
        {
            if (IsUnneeded(group))
                Forget(group);
        }
    }

    private bool KeepsForPeers(ReceivedTrack received) =>
        track.IsPassedOn && !received.IsWhole && Cache.MaxAge != Timeout.InfiniteTimeSpan && track.End is null;

    /// <summary>Determines whether every reader has passed the group, and later readers do not begin with it.</summary>
    private bool IsUnneeded(GroupProducer group) =>
        !group.Readers.IsAny && group != Cache.Newest && (track.Received is not null || !group.IsOpen)
        && Cache[group.Index] == group && Readers.HaveAllPassed(group.Index);

    private void Forget(GroupProducer group)
    {
        Cache.Remove(group);
        group.Forget();
    }
}
