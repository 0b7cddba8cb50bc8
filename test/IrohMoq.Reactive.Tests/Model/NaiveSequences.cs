namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Implements <see cref="SequenceLog"/> in the plainest way: a set of numbers with the time at which each was settled.</summary>
internal sealed class NaiveSequences(int mostRanges)
{
    private readonly SortedDictionary<ulong, long> _settled = [];
    private readonly HashSet<ulong> _given = [];
    private ulong? _begin;

    public ulong? Highest => _settled.Count == 0 ? null : _settled.Keys.Last();

    public long Missing => _given.Count + Holes().Count();

    public long Open => Holes().Count();

    public void BeginAt(ulong sequence) => _begin ??= sequence;

    public bool TryAdd(ulong sequence, long now)
    {
        if (!_settled.TryAdd(sequence, now))
            return false;
        Bound(now);
        return true;
    }

    public void GiveUp(ulong first, ulong last, long now)
    {
        for (var number = first; number <= last; number++)
        {
            if (_settled.TryAdd(number, now) && !(number < _begin))
                _given.Add(number);
        }

        Bound(now);
    }

    public bool Covers(ulong first, ulong last)
    {
        for (var number = first; number <= last; number++)
        {
            if (!_settled.ContainsKey(number))
                return false;
        }

        return true;
    }

    /// <summary>Returns the numbers that were given up, and each hole above which a number was settled long enough ago.</summary>
    public long MissingFor(long time, long now) =>
        _given.Count + Holes().Count(hole => _settled.Any(later => later.Key > hole && later.Value <= now - time));

    private IEnumerable<ulong> Holes()
    {
        if (Highest is not { } highest)
            yield break;
        var lowest = _settled.Keys.First();
        for (var number = _begin < lowest ? _begin.Value : lowest; number < highest; number++)
        {
            if (!_settled.ContainsKey(number))
                yield return number;
        }
    }

    /// <summary>Gives up the lowest hole between two ranges while there are too many ranges.</summary>
    private void Bound(long now)
    {
        while (_settled.Keys.Count(number => !_settled.ContainsKey(number - 1)) > mostRanges)
        {
            var number = _settled.Keys.First();
            while (_settled.ContainsKey(number))
                number++;
            for (; !_settled.ContainsKey(number); number++)
            {
                _settled.Add(number, now);
                if (!(number < _begin))
                    _given.Add(number);
            }
        }
    }
}
