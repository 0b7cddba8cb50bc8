namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Which of the streams that have something to send goes next: the highest priority first, flows of one priority in turns, the lowest position of a flow first. What was never given an order is a flow of
/// its own at the lowest priority. Only what has something to send is in it, so that idle streams cost nothing; adding and removing takes the logarithm of one flow's length. Not safe for several threads.
/// </summary>
/// <param name="turn">How many bytes a flow sends before the next flow has its turn.</param>
internal sealed class SendSchedule(long turn = SendSchedule.Turn)
{
    /// <summary>Long enough for a full batch of packets, short enough that a small stream does not wait long behind a large one.</summary>
    public const long Turn = 128 << 10;

    private const int UrgentLevel = ushort.MaxValue + 1;
    private const int MostSpare = 64;

    private readonly Dictionary<(int Level, ulong Number), SendFlow> _flows = [];
    private readonly Stack<SendFlow> _spare = new();

    // The flow whose turn it is, of each level that has one, the highest level last: few priorities have something to send at one time.
    private readonly List<SendFlow> _runtime = [];
    private ulong _arrivals;

    /// <summary>What goes next, or null if nothing has anything to send.</summary>
    public ScheduledItem? First => _runtime.Count == 0 ? null : _runtime[^1].First;

    /// <summary>The item has something to send. Changes nothing if it is in already.</summary>
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

    /// <summary>The item has nothing to send for now.</summary>
    public void Remove(ScheduledItem item)
    {
        if (item.Flow is not { } flow)
            return;
        flow.Remove(item);
        if (flow.IsEmpty)
            Leave(flow);
    }

    /// <summary>The item has sent bytes: when its flow's turn is over, the next flow of the priority has its own.</summary>
    public void Charge(ScheduledItem item, long bytes)
    {
        if (item.Flow is not { } flow)
            return;
        flow.TurnLeft -= bytes;
        if (flow.TurnLeft > 0)
            return;
        flow.TurnLeft = turn;
        var level = Find(flow.Level);
        if (_runtime[level] == flow)
            _runtime[level] = flow.Next;
    }

    /// <summary>Gives the item another place, now or for when it has something to send.</summary>
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

    /// <summary>Nothing has anything to send any more.</summary>
    public void Clear()
    {
        while (First is { } item)
            Remove(item);
    }

    /// <summary>The place of a level among those that have a flow, or, as its complement, where it belongs.</summary>
    private int Find(int level)
    {
        // The highest is what is asked for most.
        if (_runtime.Count > 0 && _runtime[^1].Level == level)
            return _runtime.Count - 1;
        var (low, high) = (0, _runtime.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_runtime[middle].Level == level)
                return middle;
            if (_runtime[middle].Level < level)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    private SendFlow FlowOf(ScheduledItem item)
    {
        var level = item.IsUrgent ? UrgentLevel : item.Order?.Priority ?? 0;
        var number = item.IsUrgent ? null : item.Order?.Flow;
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

    /// <summary>A flow has something to send: it is the last of its priority to have a turn.</summary>
    private void Join(SendFlow flow)
    {
        flow.TurnLeft = turn;
        var level = Find(flow.Level);
        if (level >= 0)
        {
            var current = _runtime[level];
            flow.Next = current;
            flow.Previous = current.Previous;
            current.Previous.Next = flow;
            current.Previous = flow;
            return;
        }

        flow.Next = flow.Previous = flow;
        _runtime.Insert(~level, flow);
    }

    private void Leave(SendFlow flow)
    {
        var level = Find(flow.Level);
        if (flow.Next == flow)
        {
            _runtime.RemoveAt(level);
        }
        else
        {
            flow.Next.Previous = flow.Previous;
            flow.Previous.Next = flow.Next;
            if (_runtime[level] == flow)
                _runtime[level] = flow.Next;
        }

        if (flow.Number is { } number)
            _flows.Remove((flow.Level, number));
        flow.Next = flow.Previous = null!;
        if (_spare.Count < MostSpare)
            _spare.Push(flow);
    }
}
