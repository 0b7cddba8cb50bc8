using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The group numbers that have come to a track, as ranges, so that none is delivered twice and the numbers between them are known to be missing. Numbers that come in order make one range.
/// When there are too many ranges the lowest gap is given up: a group that comes later with one of its numbers is refused. Everything under the track's lock.
/// </summary>
internal sealed class SequenceLog(Turns turns)
{
    private const int MostRanges = 128;

    private readonly List<Range> _ranges = [];
    private long _givenUp;

    /// <summary>The highest number that has come, or null.</summary>
    public ulong? Highest => _ranges.Count == 0 ? null : _ranges[^1].Last;

    /// <summary>How many numbers between the first and the highest have not come.</summary>
    public long Missing => MissingSince(long.MaxValue);

    /// <summary>The number that a reader from the beginning on should get first: what is missing from there on is missing. The first call decides.</summary>
    public void BeginAt(ulong sequence) => Begin ??= sequence;

    /// <summary>The first number that should come, or null where that is not known.</summary>
    public ulong? Begin { get; private set; }

    /// <summary>Notes a number.</summary>
    /// <returns>False if it has come before, or was given up.</returns>
    public bool TryAdd(ulong sequence)
    {
        // Most groups come in order or nearly so: the place is at the end.
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
            _ranges.Insert(at, new Range(sequence, sequence, turns.GetTimestamp()));
        if (_ranges.Count > MostRanges)
        {
            _givenUp += Gap(1);
            Join(0);
        }

        return true;
    }

    /// <summary>How many numbers between the first and the highest have not come and were not given up.</summary>
    public long Open => Missing - _givenUp;

    /// <summary>True if each of these numbers has come or was given up.</summary>
    public bool Covers(ulong first, ulong last)
    {
        for (var i = _ranges.Count - 1; i >= 0 && _ranges[i].Last >= first; i--)
        {
            if (_ranges[i].First <= first)
                return last <= _ranges[i].Last;
        }

        return false;
    }

    /// <summary>The publisher says that these numbers will not come: those that have not are missing for good.</summary>
    public void GiveUp(ulong first, ulong last)
    {
        var end = last;
        var at = 0;
        while (at < _ranges.Count && _ranges[at].Last < first && _ranges[at].Last + 1 < first)
            at++;
        var given = (long)(last - first) + 1;
        while (at < _ranges.Count && (_ranges[at].First <= last || _ranges[at].First == last + 1))
        {
            var range = _ranges[at];
            var (from, to) = (Math.Max(range.First, first), Math.Min(range.Last, end));
            if (from <= to)
                given -= (long)(to - from) + 1;
            (first, last) = (Math.Min(first, range.First), Math.Max(last, range.Last));
            _ranges.RemoveAt(at);
        }

        _ranges.Insert(at, new Range(first, last, turns.GetTimestamp()));
        _givenUp += given;
    }

    /// <summary>The lowest number that has not come and still may: one that is missing for longer than this, if it is given, does not come any more. Null if nothing has come and the beginning is not known.</summary>
    public ulong? FirstToCome(TimeSpan? patience)
    {
        var since = patience is { } time ? turns.GetTimestamp() - (long)(time.TotalSeconds * turns.TimestampFrequency) : long.MinValue;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (Gap(i) > 0 && _ranges[i].Since > since)
                return i == 0 ? Begin : _ranges[i - 1].Last + 1;
        }

        return Highest + 1 ?? Begin;
    }

    /// <summary>How many numbers are missing although a later group has been there for this long: they are more than merely overtaken.</summary>
    public long MissingFor(TimeSpan time) =>
        _ranges.Count == 0 || (_ranges.Count == 1 && Gap(0) == 0) ? _givenUp : MissingSince(turns.GetTimestamp() - (long)(time.TotalSeconds * turns.TimestampFrequency));

    private long MissingSince(long timestamp)
    {
        var missing = _givenUp;
        for (var i = 0; i < _ranges.Count; i++)
        {
            if (_ranges[i].Since <= timestamp)
                missing += Gap(i);
        }

        return missing;
    }

    /// <summary>How many numbers are missing before a range.</summary>
    private long Gap(int range)
    {
        var first = _ranges[range].First;
        if (range > 0)
            return (long)(first - _ranges[range - 1].Last) - 1;
        return Begin is { } begin && begin < first ? (long)(first - begin) : 0;
    }

    private void Join(int range)
    {
        _ranges[range] = _ranges[range] with { Last = _ranges[range + 1].Last };
        _ranges.RemoveAt(range + 1);
    }

    /// <param name="First">The lowest number.</param>
    /// <param name="Last">The highest number.</param>
    /// <param name="Since">When the first of its groups came.</param>
    private readonly record struct Range(ulong First, ulong Last, long Since);
}
