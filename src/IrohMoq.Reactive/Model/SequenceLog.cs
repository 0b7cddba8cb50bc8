using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The group numbers that a track has had, as ranges, so that no group is delivered twice and missing numbers are known. Numbers that come
/// in order make one range. If there are too many ranges, the lowest gap is given up: a group that comes later with one of its numbers is
/// refused. Every member is used under the track's lock.
/// </summary>
internal sealed class SequenceLog(Runtime runtime)
{
    private const int MaxRanges = 128;

    private readonly List<Range> _ranges = [];

    /// <summary>Gets how many numbers were given up.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Returns the lowest gap, if there are more ranges than are kept: it is to be given up.</summary>
    public (ulong First, ulong Last)? Excess => _ranges.Count > MaxRanges ? (_ranges[0].Last + 1, _ranges[1].First - 1) : null;

    /// <summary>Gets the lowest number that has come, or null.</summary>
    public ulong? Lowest => _ranges.Count == 0 ? null : _ranges[0].First;

    /// <summary>Gets the highest number that has come, or null.</summary>
    public ulong? Highest => _ranges.Count == 0 ? null : _ranges[^1].Last;

    /// <summary>Gets how many numbers between the first and the highest have not come and were not given up.</summary>
    public long Open => OpenSince(long.MaxValue, null);

    /// <summary>Gets the number of ranges.</summary>
    public int RangeCount => _ranges.Count;

    /// <summary>Gets how many numbers between the first and the highest have not come.</summary>
    public long Missing => GivenUp + Open;

    /// <summary>Notes the first number that should come: what does not come from there on is missing. The first call decides.</summary>
    public void BeginAt(ulong sequence) => Begin ??= sequence;

    /// <summary>Gets the first number that should come, or null where that is not known.</summary>
    public ulong? Begin { get; private set; }

    /// <summary>Notes a number that has come.</summary>
    /// <returns>False if it has come before, or was given up.</returns>
    public bool TryAdd(ulong sequence)
    {
        // Most groups come nearly in order: the place is near the end.
        var at = _ranges.Count;
        while (at > 0 && _ranges[at - 1].First > sequence)
            at--;
        if (at > 0 && sequence <= _ranges[at - 1].Last)
            return false;
        var joinsBefore = at > 0 && _ranges[at - 1].Last + 1 == sequence;
        var joinsAfter = at < _ranges.Count && _ranges[at].First == sequence + 1;
        if (joinsBefore && joinsAfter)
            Join(at - 1);
        else if (joinsBefore)
            _ranges[at - 1] = _ranges[at - 1] with { Last = sequence };
        else if (joinsAfter)
            _ranges[at] = _ranges[at] with { First = sequence };
        else
            _ranges.Insert(at, new Range(sequence, sequence, SinceOf(at)));
        return true;
    }

    /// <summary>Determines whether each of these numbers has come or was given up.</summary>
    public bool Covers(ulong first, ulong last)
    {
        for (var i = _ranges.Count - 1; i >= 0 && _ranges[i].Last >= first; i--)
        {
            if (_ranges[i].First <= first)
                return last <= _ranges[i].Last;
        }

        return false;
    }

    /// <summary>Returns the gaps above this number and below the highest: numbers that have not come and were not given up.</summary>
    public IEnumerable<(ulong First, ulong Last)> GapsAbove(ulong sequence)
    {
        for (var i = 1; i < _ranges.Count; i++)
        {
            var first = Math.Max(_ranges[i - 1].Last, sequence) + 1;
            if (first < _ranges[i].First)
                yield return (first, _ranges[i].First - 1);
        }
    }

    /// <summary>Notes that these numbers will not come.</summary>
    public void GiveUp(ulong first, ulong last)
    {
        GivenUp += Uncovered(first, last);
        var at = 0;
        while (at < _ranges.Count && _ranges[at].Last < first && _ranges[at].Last + 1 < first)
            at++;
        var since = SinceOf(at);
        while (at < _ranges.Count && (_ranges[at].First <= last || _ranges[at].First == last + 1))
        {
            var range = _ranges[at];
            (first, last) = (Math.Min(first, range.First), Math.Max(last, range.Last));
            _ranges.RemoveAt(at);
        }

        _ranges.Insert(at, new Range(first, last, since));
    }

    /// <summary>
    /// Returns the lowest number that has not come and still may. If a time is given, a number that is missing for longer does not come
    /// any more. Null if nothing has come and the beginning is not known.
    /// </summary>
    public ulong? FirstToCome(TimeSpan? patience)
    {
        var since = patience is { } time ? runtime.GetTimestamp() - (long)(time.TotalSeconds * runtime.TimestampFrequency) : long.MinValue;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (Gap(i, null) > 0 && _ranges[i].Since > since)
                return i == 0 ? Begin : _ranges[i - 1].Last + 1;
        }

        return Highest + 1 ?? Begin;
    }

    /// <summary>Returns how many of these numbers have not come, were not given up, and can come.</summary>
    public long Uncovered(ulong first, ulong last)
    {
        first = Math.Max(first, Begin ?? 0);
        if (last < first)
            return 0;
        var uncovered = (long)(last - first) + 1;
        foreach (var range in _ranges)
        {
            var (from, to) = (Math.Max(range.First, first), Math.Min(range.Last, last));
            if (from <= to)
                uncovered -= (long)(to - from) + 1;
        }

        return uncovered;
    }

    /// <summary>
    /// Returns how many numbers are missing, and were not given up, although a later group came this long ago: they are lost rather than
    /// overtaken.
    /// </summary>
    /// <param name="time">The time since a later group came.</param>
    /// <param name="from">Lower numbers do not count.</param>
    public long OpenFor(TimeSpan time, ulong? from) =>
        _ranges.Count == 0 || (_ranges.Count == 1 && Gap(0, null) == 0)
            ? 0
            : OpenSince(runtime.GetTimestamp() - (long)(time.TotalSeconds * runtime.TimestampFrequency), from);

    /// <summary>Returns how many numbers from this one on are missing, and were not given up.</summary>
    public long OpenFrom(ulong? from) => OpenSince(long.MaxValue, from);

    private long OpenSince(long timestamp, ulong? from)
    {
        var missing = 0L;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (_ranges[i].Since <= timestamp)
                missing += Gap(i, from);
        }

        return missing;
    }

    /// <summary>Returns how many numbers are missing before a range.</summary>
    private long Gap(int range, ulong? from)
    {
        var first = _ranges[range].First;
        var lowest = range > 0 ? _ranges[range - 1].Last + 1 : Begin ?? first;
        if (from > lowest)
            lowest = from.Value;
        return lowest < first ? (long)(first - lowest) : 0;
    }

    /// <summary>
    /// Returns since when a gap before a range exists: a number that comes in the middle of a gap leaves the rest of the gap as old as it
    /// was.
    /// </summary>
    private long SinceOf(int range) => range < _ranges.Count ? _ranges[range].Since : runtime.GetTimestamp();

    private void Join(int range)
    {
        _ranges[range] = _ranges[range] with { Last = _ranges[range + 1].Last };
        _ranges.RemoveAt(range + 1);
    }

    /// <param name="First">The lowest number.</param>
    /// <param name="Last">The highest number.</param>
    /// <param name="Since">When the first number in the range or above it came or was given up.</param>
    private readonly record struct Range(ulong First, ulong Last, long Since);
}
