namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Orders connections by the time of their next timer. Implemented as a binary heap; each connection stores its index in the heap. Only the
/// I/O thread may use it.
/// </summary>
internal sealed class Timeline
{
    private readonly List<DrivenConnection> _heap = [];

    /// <summary>
    /// Gets the time at which the first connection is due, in nanoseconds, or <see cref="ulong.MaxValue"/> if there is none.
    /// </summary>
    public ulong Next => _heap.Count == 0 ? ulong.MaxValue : _heap[0].Due;

    /// <summary>Removes a connection that is due at the specified time. Returns false if no connection is due.</summary>
    public bool TryTakeDue(ulong now, out DrivenConnection connection)
    {
        connection = null!;
        if (Next > now || _heap.Count == 0)
            return false;
        connection = _heap[0];
        Set(connection, ulong.MaxValue);
        return true;
    }

    /// <summary>Sets the time at which a connection is due, in nanoseconds. <see cref="ulong.MaxValue"/> removes the connection.</summary>
    public void Set(DrivenConnection connection, ulong due)
    {
        connection.Due = due;
        var place = connection.PlaceInTime;
        if (due == ulong.MaxValue)
        {
            if (place >= 0)
                Remove(connection, place);
            return;
        }

        if (place < 0)
        {
            place = _heap.Count;
            _heap.Add(connection);
        }

        Settle(connection, place);
    }

    private void Remove(DrivenConnection connection, int place)
    {
        connection.PlaceInTime = -1;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last != connection)
            Settle(last, place);
    }

    private void Settle(DrivenConnection connection, int place)
    {
        while (place > 0 && _heap[(place - 1) / 2].Due > connection.Due)
        {
            Put(_heap[(place - 1) / 2], place);
            place = (place - 1) / 2;
        }

        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _heap.Count)
                break;
            if (child + 1 < _heap.Count && _heap[child + 1].Due < _heap[child].Due)
                child++;
            if (_heap[child].Due >= connection.Due)
                break;
            Put(_heap[child], place);
            place = child;
        }

        Put(connection, place);
    }

    private void Put(DrivenConnection connection, int place)
    {
        _heap[place] = connection;
        connection.PlaceInTime = place;
    }
}
