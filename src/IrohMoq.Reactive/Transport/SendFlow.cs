namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents one flow, for example the streams of one subscription: a binary heap of the streams that have data to send, with the lowest
/// position first. Each stream stores its index in the heap, so that it can be removed without a search.
/// </summary>
internal sealed class SendFlow
{
    private ScheduledItem[] _heap = new ScheduledItem[1];
    private int _count;

    /// <summary>Gets or sets the priority level of the flow, 0 or higher.</summary>
    public int Level { get; set; }

    /// <summary>Gets or sets the number of the flow, or null for an item that is a flow of its own.</summary>
    public ulong? Number { get; set; }

    /// <summary>Gets or sets the adjacent flow in the circular list of the flows of one priority.</summary>
    public SendFlow Next { get; set; } = null!;

    /// <inheritdoc cref="Next"/>
    public SendFlow Previous { get; set; } = null!;

    /// <summary>Gets or sets the number of bytes that the flow may still send before the next flow is served.</summary>
    public long TurnLeft { get; set; }

    public bool IsEmpty => _count == 0;

    public ScheduledItem First => _heap[0];

    public void Add(ScheduledItem item)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 4);
        item.Flow = this;
        Settle(item, _count++);
    }

    public void Remove(ScheduledItem item)
    {
        var place = item.Place;
        var last = _heap[--_count];
        _heap[_count] = null!;
        item.Flow = null;
        if (last != item)
            Settle(last, place);
    }

    private void Settle(ScheduledItem item, int place)
    {
        while (place > 0 && IsBefore(item, _heap[(place - 1) / 2]))
        {
            Put(_heap[(place - 1) / 2], place);
            place = (place - 1) / 2;
        }

        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && IsBefore(_heap[child + 1], _heap[child]))
                child++;
            if (!IsBefore(_heap[child], item))
                break;
            Put(_heap[child], place);
            place = child;
        }

        Put(item, place);
    }

    private static bool IsBefore(ScheduledItem item, ScheduledItem other) =>
        item.Position != other.Position ? item.Position < other.Position : item.Arrival < other.Arrival;

    private void Put(ScheduledItem item, int place)
    {
        _heap[place] = item;
        item.Place = place;
    }
}
