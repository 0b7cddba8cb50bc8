namespace IrohMoq.Reactive;

/// <summary>
/// Represents the groups of a track that a reader has passed and takes after all, because it was asked to begin earlier. Groups are taken
/// in the order in which they were added. This type is a struct, because few readers have such groups. The caller of any member must hold
/// the lock of the track.
/// </summary>
internal struct EarlierGroups
{
    private Queue<long>? _order;
    private HashSet<long>? _indices;

    /// <summary>Gets a value indicating whether there is no such group.</summary>
    public readonly bool IsEmpty => _order is null;

    /// <summary>Gets the indices of the groups.</summary>
    public readonly IEnumerable<long> Indices => _order ?? [];

    /// <summary>Determines whether the group at an index is one of them.</summary>
    public readonly bool Contains(long index) => _indices is not null && _indices.Contains(index);

    /// <summary>Adds the group at an index.</summary>
    public void Add(long index)
    {
        (_order ??= new()).Enqueue(index);
        (_indices ??= []).Add(index);
    }

    /// <summary>Returns the index of the group that is taken next.</summary>
    public readonly bool TryPeek(out long index)
    {
        index = 0;
        return _order is not null && _order.TryPeek(out index);
    }

    /// <summary>Removes the group that is taken next.</summary>
    public void RemoveFirst()
    {
        _indices!.Remove(_order!.Dequeue());
        if (_order.Count == 0)
            (_order, _indices) = (null, null);
    }
}
