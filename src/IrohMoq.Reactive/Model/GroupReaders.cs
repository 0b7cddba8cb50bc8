namespace IrohMoq.Reactive;

/// <summary>Who reads a group. A value with one place of its own, because most groups are short and have one reader. Everything under the track's lock.</summary>
internal struct GroupReaders
{
    private GroupConsumer? _first;
    private List<GroupConsumer>? _more;

    public readonly bool IsAny => _first is not null;

    public readonly int Count => (_first is null ? 0 : 1) + (_more?.Count ?? 0);

    public readonly GroupConsumer this[int index] => index == 0 ? _first! : _more![index - 1];

    public void Add(GroupConsumer reader)
    {
        if (_first is null)
            _first = reader;
        else
            (_more ??= []).Add(reader);
    }

    public void Remove(GroupConsumer reader)
    {
        if (_first != reader)
        {
            _more?.Remove(reader);
            return;
        }

        _first = null;
        if (_more is { Count: > 0 })
        {
            _first = _more[^1];
            _more.RemoveAt(_more.Count - 1);
        }
    }

    /// <summary>The one that the track's reader has taken and not given back.</summary>
    public readonly GroupConsumer? Of(TrackCursor cursor)
    {
        for (var i = 0; i < Count; i++)
        {
            if (this[i].Cursor == cursor)
                return this[i];
        }

        return null;
    }

    public readonly void Wake()
    {
        for (var i = 0; i < Count; i++)
            this[i].Wake();
    }
}
