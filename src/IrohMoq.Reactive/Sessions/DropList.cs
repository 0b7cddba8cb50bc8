using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the ranges of groups that have to be reported to a subscriber as dropped. The number of ranges is limited: a subscriber
/// can detect an unreported group by the sequence numbers of later groups. This type is thread-safe.
/// </summary>
internal sealed class DropList
{
    /// <summary>The maximum number of ranges in the list.</summary>
    public const int Capacity = 256;

    private readonly Lock _gate = new();
    private readonly List<SubscribeDrop> _drops = [];

    /// <summary>Gets a value indicating whether the list takes no further range that does not follow the last one.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _drops.Count == Capacity;
        }
    }

    /// <summary>
    /// Adds a range of groups. The range is merged with the last one if it follows it directly and has the same code; otherwise it is
    /// discarded if the list is full.
    /// </summary>
    public void Add(ulong first, ulong last, MoqErrorCode code)
    {
        lock (_gate)
        {
            if (_drops.Count > 0 && _drops[^1] is { } before && before.EndGroup + 1 == first && before.ErrorCode == code.Value)
                _drops[^1] = before with { EndGroup = last };
            else if (_drops.Count < Capacity)
                _drops.Add(new SubscribeDrop(first, last, code.Value));
        }
    }

    /// <summary>Removes and returns the range that was added first.</summary>
    public bool TryTake(out SubscribeDrop drop)
    {
        lock (_gate)
        {
            drop = _drops.Count > 0 ? _drops[0] : default;
            if (_drops.Count == 0)
                return false;
            _drops.RemoveAt(0);
            return true;
        }
    }
}
