namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Selects the next stream to send among the streams that have data to send: the highest priority first, the flows of one priority in
/// turns, and the lowest position of a flow first. An item without an order is a flow of its own at the lowest priority. The schedule
/// contains only items that have data to send, so that idle streams cost nothing; adding and removing an item takes logarithmic time in
/// the length of its flow. This type is not thread-safe.
/// </summary>
/// <param name="turn">The number of bytes that a flow sends before the next flow has its turn.</param>
internal sealed class SendSchedule(long turn = SendSchedule.Turn)
{
    /// <summary>
    /// The default number of bytes that a flow sends before the next flow has its turn: long enough for a full batch of packets, short
    /// enough that a small stream does not wait long behind a large one.
    /// </summary>
    public const long Turn = 64 << 10;

    private const int UrgentLevel = ushort.MaxValue + 1;
    private const int MostSpare = 64;

    private readonly Dictionary<(int Level, ulong Number), SendFlow> _flows = [];
    private readonly Stack<SendFlow> _spare = new();

    // The flow whose turn it is, for each priority level that has a flow, the highest level last. Few priorities have data to send at the
    // same time.
    private readonly List<SendFlow> _current = [];
    private ulong _arrivals;

    /// <summary>Gets the item that is sent next, or null if no item has data to send.</summary>
    public ScheduledItem? First => _current.Count == 0 ? null : _current[^1].First;

    /// <summary>Adds an item that has data to send. Has no effect if the item is already in the schedule.</summary>
    public void Add(ScheduledItem item)
    {
        if (item.IsScheduled)
            return;
        item.Arrival = _arrivals++;
        var flow = FlowOf(item);
        var isNew = flow.IsEmpty;
        flow.Add(item);
        if (isNew)
            Join(flow);
    }

    /// <summary>Removes an item that has no data to send.</summary>
    public void Remove(ScheduledItem item)
    {
        if (item.Flow is not { } flow)
            return;
        flow.Remove(item);
        if (flow.IsEmpty)
            Leave(flow);
    }

    /// <summary>
    /// Counts bytes that an item has sent. When the turn of its flow has ended, the next flow of the same priority has its turn.
    /// </summary>
    public void Charge(ScheduledItem item, long bytes)
    {
        if (item.Flow is not { } flow)
            return;
        flow.TurnLeft -= bytes;
        if (flow.TurnLeft > 0)
            return;
        flow.TurnLeft = turn;
        var level = Find(flow.Level);
        if (_current[level] == flow)
            _current[level] = flow.Next;
    }

    /// <summary>Changes the order of an item, whether it is in the schedule or not.</summary>
    public void Reorder(ScheduledItem item, SendOrder order)
    {
        if (item.Order == order)
            return;
        var isIn = item.IsScheduled;
        Remove(item);
        item.Order = order;
        if (isIn)
            Add(item);
    }

    /// <summary>Removes all items.</summary>
    public void Clear()
    {
        while (First is { } item)
            Remove(item);
    }

    /// <summary>
    /// Returns the index of a priority level in the list of levels that have a flow, or the bitwise complement of the index at which to
    /// insert the level.
    /// </summary>
    private int Find(int level)
    {
        // The highest level is looked up most often.
        if (_current.Count > 0 && _current[^1].Level == level)
            return _current.Count - 1;
        var (low, high) = (0, _current.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_current[middle].Level == level)
                return middle;
            if (_current[middle].Level < level)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    private SendFlow FlowOf(ScheduledItem item)
    {
        var level = item.Order?.Priority ?? (item.IsUrgent ? UrgentLevel : 0);
        var number = item.Order?.Flow;
        if (number is { } known && _flows.TryGetValue((level, known), out var flow))
            return flow;
        if (!_spare.TryPop(out flow))
            flow = new SendFlow();
        flow.Level = level;
        flow.Number = number;
        if (number is { } named)
            _flows.Add((level, named), flow);
        return flow;
    }

    /// <summary>Adds a flow that has data to send as the last one of its priority to have a turn.</summary>
    private void Join(SendFlow flow)
    {
        flow.TurnLeft = turn;
        var level = Find(flow.Level);
        if (level >= 0)
        {
            var current = _current[level];
            flow.Next = current;
            flow.Previous = current.Previous;
            current.Previous.Next = flow;
            current.Previous = flow;
            return;
        }

        flow.Next = flow.Previous = flow;
        _current.Insert(~level, flow);
    }

    private void Leave(SendFlow flow)
    {
        var level = Find(flow.Level);
        if (flow.Next == flow)
        {
            _current.RemoveAt(level);
        }
        else
        {
            flow.Next.Previous = flow.Previous;
            flow.Previous.Next = flow.Next;
            if (_current[level] == flow)
                _current[level] = flow.Next;
        }

        if (flow.Number is { } number)
            _flows.Remove((flow.Level, number));
        flow.Next = flow.Previous = null!;
        if (_spare.Count < MostSpare)
            _spare.Push(flow);
    }
}
