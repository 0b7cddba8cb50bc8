namespace IrohMoq.Reactive;

/// <summary>Who reads a group. A value with one place of its own, because most groups are short and have one reader. Everything under the track's lock.</summary>
internal struct GroupReaders
{
    private GroupConsumer? _first;
    private List<GroupConsumer>? _more;

    public readonly bool IsAny => _first is not null;

    /// <summary>True while a reader has taken nearly all there is.</summary>
    public readonly bool IsAnyHungry => _first is { IsHungry: true } || (_more?.Exists(static reader => reader.IsHungry) ?? false);

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
        if (_first?.Cursor == cursor)
            return _first;
        // A loop, because a lambda would allocate for every wait of a writer.
        for (var i = 0; i < (_more?.Count ?? 0); i++)
        {
            if (_more![i].Cursor == cursor)
                return _more[i];
        }

        return null;
    }

    public readonly void Wake()
    {
        _first?.Wake();
        for (var i = 0; i < (_more?.Count ?? 0); i++)
            _more![i].Wake();
    }

    /// <summary>There will be a frame: those who had nothing to take have their whole time from now on.</summary>
    public readonly void OnFrameComes()
    {
        Touch(_first);
        for (var i = 0; i < (_more?.Count ?? 0); i++)
            Touch(_more![i]);

        static void Touch(GroupConsumer? reader)
        {
            if (reader is { IsStarving: true })
                reader.Cursor?.Touch();
        }
    }
}
