namespace IrohMoq.Reactive;

/// <summary>
/// Decides which groups a track keeps, and for how long: for its readers, and for readers that come later. Every member is used under the
/// track's lock.
/// </summary>
internal sealed class TrackRetention(TrackState track)
{
    private bool _isClosed;

    private GroupCache Cache => track.Cache;

    private TrackReaders Readers => track.Readers;

    // A live track that is produced here keeps its groups until the bounds of the cache push them out.
    private bool KeepsForReadersOnly => track.Options.Lossless || track.Received is not null;

    /// <summary>Determines whether a reader that comes after this end finds nothing.</summary>
    public bool IsGivenUp(TrackEnd end) => _isClosed || end.Failure is not null;

    /// <summary>Keeps nothing for later readers any more. The readers of now read on.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Adds a group that begins, and drops what it displaces.</summary>
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
    /// Drops groups while there are more than the bounds allow. On a lossless track with readers the writer waits instead.
    /// </summary>
    /// <param name="writing">The group that is written. It stays.</param>
    public void MakeRoom(GroupProducer writing)
    {
        if (!track.Options.Lossless || (Readers.Count == 0 && track.Options.DropsWithoutReaders))
            Cache.MakeRoom(writing, track.IsWhole);
    }

    /// <summary>Forgets a group that a reader has passed or given back, if nothing needs it any more.</summary>
    public void OnPassed(GroupProducer group)
    {
        if (IsUnneeded(group))
            Forget(group);
        if (track.End is not null && Readers.Count == 0)
            Trim();
    }

    /// <summary>Forgets a group of a lossless track that gets no more frames, if every reader has passed it.</summary>
    public void OnGroupOver(GroupProducer group)
    {
        if (track.Options.Lossless && IsUnneeded(group))
            Forget(group);
    }

    /// <summary>Cuts off the readers that have not read a dropped group, if the track must arrive whole.</summary>
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
    /// Forgets what no reader will read: every group of a track that is over, without readers, and closed or given up; and on a lossless
    /// or received track the groups that every reader has read.
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
