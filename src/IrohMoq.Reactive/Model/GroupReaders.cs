namespace IrohMoq.Reactive;

/// <summary>
/// Represents the readers of a group. This type is a struct that stores the first reader without a list, because most groups are short
/// and have one reader. The caller of any member must hold the lock of the track.
/// </summary>
internal struct GroupReaders
{
    private GroupConsumer? _first;
    private List<GroupConsumer>? _more;

    /// <summary>Gets a value indicating whether the group has a reader.</summary>
    public readonly bool IsAny => _first is not null;

    /// <summary>Gets a value indicating whether a reader waits for more of the group.</summary>
    public readonly bool IsAnyWaiting
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                if (this[i].IsWaiting)
                    return true;
            }

            return false;
        }
    }

    private readonly int Count => (_first is null ? 0 : 1) + (_more?.Count ?? 0);

    private readonly GroupConsumer this[int index] => index == 0 ? _first! : _more![index - 1];

    /// <summary>Adds a reader.</summary>
    public void Add(GroupConsumer reader) => Place(reader, Count);

    /// <summary>
    /// Removes a reader, if it is in the collection. The time does not depend on the number of readers, all of which leave a group that
    /// ends.
    /// </summary>
    public void Remove(GroupConsumer reader)
    {
        var position = reader.Position;
        var last = Count - 1;
        if (position > last || this[position] != reader)
            return;
        if (position < last)
            Place(this[last], position);
        if (last == 0)
            _first = null;
        else
            _more!.RemoveAt(last - 1);
    }

    /// <summary>
    /// Returns the object through which a reader of the track reads the group, or null if the reader has not taken the group or has
    /// released it.
    /// </summary>
    public readonly GroupConsumer? Of(TrackCursor cursor)
    {
        for (var i = 0; i < Count; i++)
        {
            if (this[i].Cursor == cursor)
                return this[i];
        }

        return null;
    }

    /// <summary>Wakes every reader, because there may be more to read.</summary>
    public readonly void Wake()
    {
        for (var i = 0; i < Count; i++)
            this[i].Wake();
    }

    /// <summary>Wakes the readers that read frames in pieces, because another piece has arrived.</summary>
    public readonly void WakeForPieces()
    {
        for (var i = 0; i < Count; i++)
        {
            if (this[i].ReadsPieces)
                this[i].Wake();
        }
    }

    /// <summary>
    /// Notifies every reader that the memory of the group is about to be released. A reader may release the group during the call.
    /// </summary>
    public readonly void OnDropped(MoqErrorCode code)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            var reader = this[i];
            reader.OnReleased();
            reader.Watcher?.OnDropped(code);
        }
    }

    private void Place(GroupConsumer reader, int position)
    {
        reader.Position = position;
        if (position == 0)
            _first = reader;
        else if (position > (_more ??= []).Count)
            _more.Add(reader);
        else
            _more[position - 1] = reader;
    }
}
