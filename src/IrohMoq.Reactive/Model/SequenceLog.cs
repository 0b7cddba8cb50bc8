using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Records the group numbers that a track has had, as ranges, so that no group is delivered twice and missing numbers are known.
/// Consecutive numbers form one range. If there are too many ranges, the lowest gap is abandoned: a group that arrives later with a
/// number in that gap is refused. The caller of any member must hold the lock of the track.
/// </summary>
internal sealed class SequenceLog(Runtime runtime)
{
    private const int MaxRanges = 128;

    private readonly List<Range> _ranges = [];
    // The first number that was expected before earlier ones were requested, and the time of that request, or of the last arrival below.
    private ulong? _extendedBelow;
    private long _extendedAt;

    /// <summary>
    /// Gets how many missing numbers were abandoned, because groups with these numbers will not arrive or are not accepted any more.
    /// </summary>
    public long GivenUp { get; private set; }

    /// <summary>Gets the lowest gap if there are more ranges than the maximum, so that the caller abandons it; otherwise null.</summary>
    public (ulong First, ulong Last)? Excess => _ranges.Count > MaxRanges ? (_ranges[0].Last + 1, _ranges[1].First - 1) : null;

    /// <summary>Gets the lowest number that has arrived or was abandoned, or null if there is none.</summary>
    public ulong? Lowest => _ranges.Count == 0 ? null : _ranges[0].First;

    /// <summary>Gets the highest number that has arrived or was abandoned, or null if there is none.</summary>
    public ulong? Highest => _ranges.Count == 0 ? null : _ranges[^1].Last;

    /// <summary>Gets how many numbers, from the first expected one to the highest, have neither arrived nor been abandoned.</summary>
    public long Open => OpenSince(long.MaxValue, null);

    /// <summary>Gets the number of ranges.</summary>
    public int RangeCount => _ranges.Count;

    /// <summary>Gets how many numbers, from the first expected one to the highest, have not arrived.</summary>
    public long Missing => GivenUp + Open;

    /// <summary>
    /// Sets the first number that is expected: numbers from there on that do not arrive are missing. Only the first call has an effect.
    /// </summary>
    public void BeginAt(ulong sequence) => Begin ??= sequence;

    /// <summary>Sets the first number that is expected, or null if it is not known, whatever was set before.</summary>
    public void BeginAnewAt(ulong? sequence) => Begin = sequence;

    /// <summary>Gets the first number that is expected, or null if it is not known.</summary>
    public ulong? Begin { get; private set; }

    /// <summary>
    /// Records that numbers below a number are requested now. If some arrive, the lowest of them becomes the first expected number. The
    /// time since which others are missing begins now, and again with each of them that arrives.
    /// </summary>
    public void ExtendBelow(ulong sequence)
    {
        _extendedBelow ??= sequence;
        _extendedAt = runtime.GetTimestamp();
        Begin ??= sequence;
    }

    /// <summary>Gets the time since the last call of <see cref="ExtendBelow"/> or the last arrival of an earlier number.</summary>
    public TimeSpan SinceExtended => runtime.GetElapsedTime(_extendedAt);

    /// <summary>
    /// Records that a number below the first expected one has arrived, if it was requested: it is then the first expected one, and the
    /// numbers above it that were abandoned count.
    /// </summary>
    public void Lower(ulong sequence)
    {
        if (_extendedBelow is not { } below || sequence >= below)
            return;
        _extendedAt = runtime.GetTimestamp();
        if (Begin is not { } begin || sequence >= begin)
            return;
        GivenUp += Covered(sequence + 1, begin - 1).Sum(static range => (long)(range.Last - range.First) + 1);
        Begin = sequence;
    }

    /// <summary>Determines whether a number that arrives now would be lower than the first expected one, and was requested.</summary>
    public bool IsLowerAndRequested(ulong sequence) => sequence < _extendedBelow && sequence < Begin;

    /// <summary>Records a number that has arrived.</summary>
    /// <returns>False if the number has arrived before or was abandoned.</returns>
    public bool TryAdd(ulong sequence)
    {
        // Most groups arrive nearly in order, so the position is near the end.
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

    /// <summary>
    /// Determines whether each number from <paramref name="first"/> to <paramref name="last"/> has arrived or was abandoned.
    /// </summary>
    public bool Covers(ulong first, ulong last)
    {
        for (var i = _ranges.Count - 1; i >= 0 && _ranges[i].Last >= first; i--)
        {
            if (_ranges[i].First <= first)
                return last <= _ranges[i].Last;
        }

        return false;
    }

    /// <summary>
    /// Returns the numbers from <paramref name="first"/> to <paramref name="last"/> that have arrived or were abandoned, as ranges.
    /// </summary>
    public IEnumerable<(ulong First, ulong Last)> Covered(ulong first, ulong last)
    {
        foreach (var range in _ranges)
        {
            if (range.First <= last && range.Last >= first)
                yield return (Math.Max(range.First, first), Math.Min(range.Last, last));
        }
    }

    /// <summary>
    /// Returns the numbers from <paramref name="first"/> to <paramref name="last"/> that have neither arrived nor been abandoned, as
    /// ranges.
    /// </summary>
    public IEnumerable<(ulong First, ulong Last)> OpenWithin(ulong first, ulong last)
    {
        foreach (var (from, to) in Covered(first, last))
        {
            if (from > first)
                yield return (first, from - 1);
            if (to == last)
                yield break;
            first = to + 1;
        }

        if (first <= last)
            yield return (first, last);
    }

    /// <summary>Abandons the numbers from <paramref name="first"/> to <paramref name="last"/>, because they will not arrive.</summary>
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
    /// Returns the lowest number that has not arrived and still may arrive, or null if nothing has arrived and the first expected number
    /// is not known. If <paramref name="patience"/> is not null, a number that has been missing for longer is not expected any more.
    /// </summary>
    /// <param name="patience">The time, or null.</param>
    /// <param name="from">The lowest number that is returned, unless it is not known which one is expected first.</param>
    public ulong? FirstToCome(TimeSpan? patience, ulong from = 0)
    {
        var since = patience is { } time ? runtime.GetTimestamp() - (long)(time.TotalSeconds * runtime.TimestampFrequency) : long.MinValue;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (Gap(i, from) > 0 && SinceOfGap(i) > since)
                return Math.Max(from, FirstOfGap(i));
        }

        return Highest + 1 ?? Begin;
    }

    /// <summary>
    /// Returns how many numbers from <paramref name="first"/> to <paramref name="last"/> are expected and have neither arrived nor been
    /// abandoned.
    /// </summary>
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
    /// Returns how many numbers are missing and not abandoned although a later group arrived at least the specified time ago: such groups
    /// are lost rather than overtaken.
    /// </summary>
    /// <param name="time">The time since a later group arrived.</param>
    /// <param name="from">The lowest number that counts, or null if all numbers count.</param>
    public long OpenFor(TimeSpan time, ulong? from) =>
        _ranges.Count == 0 || (_ranges.Count == 1 && Gap(0, null) == 0)
            ? 0
            : OpenSince(runtime.GetTimestamp() - (long)(time.TotalSeconds * runtime.TimestampFrequency), from);

    /// <summary>
    /// Returns the count of group numbers, from the specified number on, whose groups have not arrived but may still arrive. If the number
    /// is null, the count starts at the first group.
    /// </summary>
    public long OpenFrom(ulong? from) => OpenSince(long.MaxValue, from);

    /// <summary>
    /// Returns the time for which all open numbers from <paramref name="first"/> to <paramref name="last"/> have been missing, which is
    /// that of the last one that was found missing: a later number arrived then. The numbers above the highest one that has arrived are
    /// not known to be missing yet.
    /// </summary>
    public TimeSpan MissingFor(ulong first, ulong last)
    {
        if (Highest is not { } highest || highest < last)
            return TimeSpan.Zero;
        var missing = TimeSpan.MaxValue;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (Gap(i, first) > 0 && FirstOfGap(i) <= last && runtime.GetElapsedTime(SinceOfGap(i)) is var time && time < missing)
                missing = time;
        }

        return missing;
    }

    private long OpenSince(long timestamp, ulong? from)
    {
        var missing = 0L;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (SinceOfGap(i) <= timestamp)
                missing += Gap(i, from);
        }

        return missing;
    }

    /// <summary>Returns how many numbers are missing directly before a range.</summary>
    private long Gap(int range, ulong? from)
    {
        var first = _ranges[range].First;
        var lowest = FirstOfGap(range);
        if (from > lowest)
            lowest = from.Value;
        return lowest < first ? (long)(first - lowest) : 0;
    }

    /// <summary>
    /// Returns the timestamp since which the gap before a range has existed. A number that arrives in the middle of a gap does not change
    /// the age of the rest of the gap.
    /// </summary>
    private long SinceOf(int range) => range < _ranges.Count ? _ranges[range].Since : runtime.GetTimestamp();

    /// <summary>Returns the first number that is missing directly before a range, if one is.</summary>
    private ulong FirstOfGap(int range)
    {
        if (range == 0)
            return Begin ?? _ranges[0].First;
        // What was abandoned below the first number that was requested later is no reason to expect the numbers above it.
        var first = _ranges[range - 1].Last + 1;
        return _extendedBelow is not null && Begin > first ? Begin.Value : first;
    }

    /// <summary>Returns the timestamp since which the numbers directly before a range are missing.</summary>
    private long SinceOfGap(int range) =>
        FirstOfGap(range) < _extendedBelow
            ? Math.Max(_ranges[range].Since, _extendedAt)
            : _ranges[range].Since;

    private void Join(int range)
    {
        _ranges[range] = _ranges[range] with { Last = _ranges[range + 1].Last };
        _ranges.RemoveAt(range + 1);
    }

    /// <param name="First">The lowest number.</param>
    /// <param name="Last">The highest number.</param>
    /// <param name="Since">The timestamp at which the first number in the range or above it arrived or was abandoned.</param>
    private readonly record struct Range(ulong First, ulong Last, long Since);
}
