namespace IrohMoq.Reactive;

/// <summary>
/// Represents the readers of a track that continue without a group that may still receive frames: frames written to the group count as
/// read by these readers. This type is a struct, because there are many groups and most have no such reader. The caller of any member
/// must hold the lock of the track.
/// </summary>
internal struct LeftReaders
{
    private const int FewReaders = 16;

    private List<TrackCursor>? _readers;

    /// <summary>Gets the number of recorded readers.</summary>
    public readonly int Count => _readers?.Count ?? 0;

    /// <summary>Adds a reader. A reader must be added only once.</summary>
    /// <param name="cursor">The reader.</param>
    /// <param name="readersOfTrack">
    /// The number of readers of the track. It limits how many readers that have left stay recorded, because a group may last for hours
    /// while readers join and leave.
    /// </param>
    public void Add(TrackCursor cursor, int readersOfTrack)
    {
        _readers ??= [];
        if (_readers.Count > FewReaders + (2 * readersOfTrack))
            _readers.RemoveAll(static reader => reader.IsGone);
        _readers.Add(cursor);
    }

    /// <summary>Removes a reader, because it reads the group after all.</summary>
    public readonly void Remove(TrackCursor cursor) => _readers?.Remove(cursor);

    /// <summary>Counts a frame as read by every recorded reader.</summary>
    public readonly void OnWritten(long cost)
    {
        if (_readers is null)
            return;
        foreach (var cursor in _readers)
        {
            if (!cursor.IsGone)
                cursor.Progress.OnRead(cost);
        }
    }

    /// <summary>Removes all readers, because no frame follows.</summary>
    public void Clear() => _readers = null;
}
