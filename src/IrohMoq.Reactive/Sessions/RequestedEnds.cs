namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the last frames that one subscription has requested. The publisher may end a group there that has more frames. The
/// subscribers of a relay may change what the relay requests as often as they want, so that only the highest ends are kept, up to a limit.
/// This type is thread-safe.
/// </summary>
internal sealed class RequestedEnds
{
    /// <summary>The maximum number of ends that are kept.</summary>
    public const int MaxKept = 64;

    private readonly Lock _gate = new();
    private readonly SortedSet<(ulong Group, ulong Frame)> _ends = [];

    /// <summary>Gets the number of ends that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ends.Count;
        }
    }

    /// <summary>Adds a last frame.</summary>
    /// <param name="group">The number of the last group.</param>
    /// <param name="frame">The index of its last frame.</param>
    public void Add(ulong group, ulong frame)
    {
        lock (_gate)
        {
            if (_ends.Add((group, frame)) && _ends.Count > MaxKept)
                _ends.Remove(_ends.Min);
        }
    }

    /// <summary>Determines whether a last frame was requested.</summary>
    /// <param name="group">The number of the group.</param>
    /// <param name="frame">The index of the frame.</param>
    public bool Contains(ulong group, ulong frame)
    {
        lock (_gate)
            return _ends.Contains((group, frame));
    }
}
