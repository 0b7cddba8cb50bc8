using IrohMoq.Reactive.Iroh.Quic;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// The connections in the order of the time at which they want to be called: a heap in which each knows its place. I/O thread only.
/// </summary>
internal sealed class Timeline
{
    private readonly List<QuicConnection> _heap = [];

    /// <summary>When the first one is due, in ns; the largest number if none is.</summary>
    public ulong Next => _heap.Count == 0 ? ulong.MaxValue : _heap[0].Due;

    /// <summary>Takes out one that is due.</summary>
    public bool TryTakeDue(ulong now, out QuicConnection connection)
    {
        connection = null!;
        if (Next > now || _heap.Count == 0)
            return false;
        connection = _heap[0];
        Set(connection, ulong.MaxValue);
        return true;
    }

    /// <summary>Says when a connection is due; the largest number takes it out.</summary>
    public void Set(QuicConnection connection, ulong due)
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

    private void Remove(QuicConnection connection, int place)
    {
        connection.PlaceInTime = -1;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last != connection)
            Settle(last, place);
    }

    private void Settle(QuicConnection connection, int place)
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

    private void Put(QuicConnection connection, int place)
    {
        _heap[place] = connection;
        connection.PlaceInTime = place;
    }
}
