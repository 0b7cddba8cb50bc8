using System.Numerics;

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

    private const int UrgentLevel = 256;
    private const int Row = 64;
    private const int Rows = (UrgentLevel / Row) + 1;
    private const int MostSpare = 64;

    private readonly Dictionary<(int Level, ulong Number), SendFlow> _flows = [];
    private readonly Stack<SendFlow> _spare = new();

    // The flow whose turn it is, of each level that has one, in rows that are made when they are needed: few connections use many priorities. A bit says which levels have one.
    private readonly SendFlow?[]?[] _rows = new SendFlow?[]?[Rows];
    private readonly ulong[] _levels = new ulong[Rows];
    private ulong _arrivals;

    /// <summary>What goes next, or null if nothing has anything to send.</summary>
    public ScheduledItem? First
    {
        get
        {
            for (var i = _levels.Length - 1; i >= 0; i--)
            {
                if (_levels[i] != 0)
                    return _rows[i]![BitOperations.Log2(_levels[i])]!.First;
            }

            return null;
        }
    }

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
        ref var current = ref CurrentOf(flow.Level);
        if (current == flow)
            current = flow.Next;
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

    private ref SendFlow? CurrentOf(int level) => ref (_rows[level / Row] ??= new SendFlow?[Row])[level % Row];

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
        ref var first = ref CurrentOf(flow.Level);
        if (first is { } current)
        {
            flow.Next = current;
            flow.Previous = current.Previous;
            current.Previous.Next = flow;
            current.Previous = flow;
            return;
        }

        flow.Next = flow.Previous = flow;
        first = flow;
        _levels[flow.Level / Row] |= 1UL << (flow.Level % Row);
    }

    private void Leave(SendFlow flow)
    {
        ref var current = ref CurrentOf(flow.Level);
        if (flow.Next == flow)
        {
            current = null;
            _levels[flow.Level / Row] &= ~(1UL << (flow.Level % Row));
        }
        else
        {
            flow.Next.Previous = flow.Previous;
            flow.Previous.Next = flow.Next;
            if (current == flow)
                current = flow.Next;
        }

        if (flow.Number is { } number)
            _flows.Remove((flow.Level, number));
        flow.Next = flow.Previous = null!;
        if (_spare.Count < MostSpare)
            _spare.Push(flow);
    }
}
