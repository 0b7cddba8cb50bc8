using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The groups that have to be reported to a subscriber as dropped, as ranges. It is bounded: a subscriber sees by the numbers of later
/// groups that an unreported one is missing. This type is thread-safe.
/// </summary>
internal sealed class DropList
{
    /// <summary>The maximum number of ranges.</summary>
    public const int Capacity = 256;

    private readonly Lock _gate = new();
    private readonly List<SubscribeDrop> _drops = [];

    /// <summary>
    /// Adds a range of groups. It extends the last range if it follows it and has the same code; otherwise it may be dropped.
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

    /// <summary>Takes the range that was added first.</summary>
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
