namespace IrohMoq.Reactive;

/// <summary>
/// The readers of a track that go on without a group which may still get frames: what is written to it counts as read by them. A value,
/// because there are many groups and most have none. Every member is used under the track's lock.
/// </summary>
internal struct LeftReaders
{
    private const int FewReaders = 16;

    private List<TrackCursor>? _readers;

    /// <summary>Gets how many readers are kept.</summary>
    public readonly int Count => _readers?.Count ?? 0;

    /// <summary>Adds a reader, once.</summary>
    /// <param name="cursor">The reader.</param>
    /// <param name="readersOfTrack">The number of readers of the track. A group may last for hours while readers come and go.</param>
    public void Add(TrackCursor cursor, int readersOfTrack)
    {
        _readers ??= [];
        if (_readers.Count > FewReaders + (2 * readersOfTrack))
            _readers.RemoveAll(static reader => reader.IsGone);
        _readers.Add(cursor);
    }

    /// <summary>Counts a frame as read by each of them.</summary>
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

    /// <summary>Forgets them: no frame follows.</summary>
    public void Clear() => _readers = null;
}
