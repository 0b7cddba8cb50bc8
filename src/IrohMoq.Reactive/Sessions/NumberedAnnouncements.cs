namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Maps the implicit numbers of the live announcements of a stream to their names. Numbers are given in order, so that a sorted list is
/// enough, which takes less than half of the memory of a dictionary. See moq-lite-06, "ANNOUNCE_START".
/// </summary>
internal sealed class NumberedAnnouncements
{
    /// <summary>The bit that marks the number of an announcement that is not live. No announcement has such a high number.</summary>
    private const ulong Removed = 1UL << 63;

    /// <summary>The number of entries below which removed ones may be most of them.</summary>
    private const int Few = 16;

    private readonly List<(ulong Id, BroadcastPath Path)> _all = [];
    private ulong _next;

    /// <summary>Gets the number of live announcements.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an announcement, which gets the next number.</summary>
    public void Add(BroadcastPath path)
    {
        _all.Add((_next++, path));
        Count++;
    }

    /// <summary>Returns the name of a live announcement.</summary>
    public bool TryFind(ulong id, out BroadcastPath path)
    {
        var index = IndexOf(id);
        path = index < 0 ? default : _all[index].Path;
        return index >= 0;
    }

    /// <summary>Removes a live announcement, and returns its name.</summary>
    public bool TryRemove(ulong id, out BroadcastPath path)
    {
        var index = IndexOf(id);
        path = index < 0 ? default : _all[index].Path;
        if (index < 0)
            return false;
        _all[index] = (id | Removed, default);
        Count--;
        // At least half of the entries go at once, so that a removal takes constant time on average.
        if (_all.Count > Few && Count <= _all.Count / 2)
            _all.RemoveAll(static one => (one.Id & Removed) != 0);
        return true;
    }

    /// <summary>Returns the index of a live announcement, or -1 if there is none with this number.</summary>
    private int IndexOf(ulong id)
    {
        var (low, high) = (0, id < _next ? _all.Count - 1 : -1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = _all[middle].Id;
            if (found == id)
                return middle;
            if ((found & ~Removed) < id)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }
}
