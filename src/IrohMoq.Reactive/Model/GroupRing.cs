using System.Collections;

namespace IrohMoq.Reactive;

/// <summary>Groups by the order in which they came. An index never changes; what was removed leaves a hole until everything before it is gone too.</summary>
internal sealed class GroupRing : IEnumerable<GroupProducer?>
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

    public IEnumerator<GroupProducer?> GetEnumerator()
    {
        for (var index = Start; index < End; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Grow()
    {
        var larger = new GroupProducer?[_slots.Length * 2];
        for (var index = Start; index < End; index++)
            larger[index & (larger.Length - 1)] = this[index];
        _slots = larger;
    }
}
