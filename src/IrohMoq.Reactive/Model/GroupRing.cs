using System.Numerics;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a list of groups in order of arrival. The index of a group never changes. Removing a group leaves an empty slot; empty
/// slots are closed up when a new group finds no room, or when there are many more empty slots than groups. The memory and the cost of an
/// enumeration therefore depend on the number of groups, even if the very first group is never removed.
/// </summary>
internal sealed class GroupRing
{
    private const int MinCapacity = 8;

    private (long Index, GroupProducer? Group)[] _slots = new (long, GroupProducer?)[MinCapacity];
    private int _head;
    private int _used;
    private long _passed;

    /// <summary>Gets the index of the oldest group, or <see cref="End"/> if there is none.</summary>
    public long Start => _used > 0 ? Slot(0).Index : End;

    /// <summary>Gets the index that the next added group will have.</summary>
    public long End { get; private set; }

    /// <summary>Gets the number of groups, without empty slots.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of slots, used or empty, for which memory is allocated.</summary>
    public int Capacity => _slots.Length;

    public GroupProducer? this[long index] => Find(index) is var at && at < _used && Slot(at).Index == index ? Slot(at).Group : null;

    public void Add(GroupProducer group)
    {
        if (_used == _slots.Length)
            CloseHoles(Count > _slots.Length / 2 ? _slots.Length * 2 : _slots.Length);
        else if (_used > MinCapacity && _used > 4 * Count)
            CloseHoles((int)Math.Max(MinCapacity, BitOperations.RoundUpToPowerOf2((uint)(2 * Count))));
        Slot(_used++) = (End++, group);
        Count++;
    }

    public void Remove(long index)
    {
        Slot(Find(index)).Group = null;
        Count--;
        while (_used > 0 && Slot(0).Group is null)
        {
            _head = (_head + 1) & (_slots.Length - 1);
            _used--;
            _passed++;
        }
    }

    /// <summary>Returns the first index, at or after the specified one, that has a group, or <see cref="End"/> if there is none.</summary>
    public long Next(long index)
    {
        for (var at = Find(index); at < _used; at++)
        {
            if (Slot(at).Group is not null)
                return Slot(at).Index;
        }

        return End;
    }

    /// <summary>
    /// Returns an enumerator of the groups, without empty slots. It is a struct, because an enumeration takes place for every wait of a
    /// writer. A group may be removed during the enumeration, but none may be added.
    /// </summary>
    public Enumerator GetEnumerator() => new(this);

    private ref (long Index, GroupProducer? Group) Slot(int at) => ref _slots[(_head + at) & (_slots.Length - 1)];

    /// <summary>Returns the position, counted from the oldest slot, of the first slot with the specified index or a higher one.</summary>
    private int Find(long index)
    {
        var (low, high) = (0, _used);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Slot(middle).Index < index)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void CloseHoles(int capacity)
    {
        var target = capacity == _slots.Length ? _slots : new (long, GroupProducer?)[capacity];
        var head = target == _slots ? _head : 0;
        var kept = 0;
        for (var at = 0; at < _used; at++)
        {
            if (Slot(at) is { Group: not null } slot)
                target[(head + kept++) & (capacity - 1)] = slot;
        }

        if (target == _slots)
        {
            for (var at = kept; at < _used; at++)
                Slot(at) = default;
        }

        (_slots, _head, _used) = (target, head, kept);
    }

    public struct Enumerator(GroupRing ring)
    {
        // Counted from the very first slot, because the start of the list moves when the first group is removed.
        private long _place = ring._passed;

        public (long Index, GroupProducer Group) Current { get; private set; }

        public bool MoveNext()
        {
            for (var at = Math.Max(0, _place - ring._passed); at < ring._used; at++)
            {
                if (ring.Slot((int)at) is not { Group: { } group, Index: var index })
                    continue;
                Current = (index, group);
                _place = ring._passed + at + 1;
                return true;
            }

            return false;
        }
    }
}
