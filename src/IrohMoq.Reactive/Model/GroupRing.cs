namespace IrohMoq.Reactive;

/// <summary>Groups by the order in which they came. An index never changes; what was removed leaves a hole until everything before it is gone too.</summary>
internal sealed class GroupRing
{
    private GroupProducer?[] _slots = new GroupProducer?[8];

    /// <summary>The oldest index that may still be filled.</summary>
    public long Start { get; private set; }

    /// <summary>The index that the next group gets.</summary>
    public long End { get; private set; }

    /// <summary>How many groups there are, holes not counted.</summary>
    public int Count { get; private set; }

    public GroupProducer? this[long index] => index >= Start && index < End ? _slots[index & (_slots.Length - 1)] : null;

    public void Add(GroupProducer group)
    {
        if (End - Start == _slots.Length)
            Grow();
        _slots[End++ & (_slots.Length - 1)] = group;
        Count++;
    }

    public void Remove(long index)
    {
        _slots[index & (_slots.Length - 1)] = null;
        Count--;
        while (Start < End && this[Start] is null)
            Start++;
    }

    /// <summary>Goes through the groups, holes left out. A value, because it is used for every wait of a writer.</summary>
    public Enumerator GetEnumerator() => new(this);

    private void Grow()
    {
        var larger = new GroupProducer?[_slots.Length * 2];
        for (var index = Start; index < End; index++)
            larger[index & (larger.Length - 1)] = this[index];
        _slots = larger;
    }

    public struct Enumerator(GroupRing ring)
    {
        private long _index = ring.Start - 1;

        public GroupProducer Current { get; private set; } = null!;

        public bool MoveNext()
        {
            while (++_index < ring.End)
            {
                if (ring[_index] is not { } group)
                    continue;
                Current = group;
                return true;
            }

            return false;
        }
    }
}
