namespace IrohMoq.Reactive;

/// <summary>
/// The group numbers of one track: which have been used, which are missing, and which will not come. Every member is used under the
/// track's lock.
/// </summary>
internal sealed class TrackSequences(TrackState track)
{
    // How long a group may be missing after a later one has come before it counts as lost rather than overtaken.
    private static readonly TimeSpan OvertakenFor = TimeSpan.FromSeconds(1);

    private readonly SequenceLog _log = new(track.Runtime);

    /// <summary>Gets the number of the next group that is appended: one above the highest so far.</summary>
    public ulong Next { get; private set; }

    /// <summary>Gets a value indicating whether every group so far had a higher number than the groups before it.</summary>
    public bool IsInOrder { get; private set; } = true;

    /// <summary>Gets the lowest number that has come, or null.</summary>
    public ulong? Lowest => _log.Lowest;

    /// <summary>Gets the highest number that has come, or null.</summary>
    public ulong? Highest => _log.Highest;

    /// <summary>Gets the number that the publisher of a received track begins with, or null where it is not known.</summary>
    public ulong? First => _log.Begin;

    /// <summary>
    /// Gets the number of groups of a received track that are known not to come. It is 0 for a track that is produced here.
    /// </summary>
    public long GivenUp => track.Received is null ? 0 : _log.GivenUp;

    /// <summary>Gets the number of groups that would be lost if the track ended now: they have not come and were not given up.</summary>
    public long MissingAtEnd => _log.Open;

    /// <summary>Gets the lowest gap if there are more gaps than are kept: it is to be given up.</summary>
    public (ulong First, ulong Last)? Excess => _log.Excess;

    /// <summary>Gets the lowest number that has not begun to come and still may, or null where that is not known.</summary>
    public ulong? FirstToCome => _log.FirstToCome(track.IsWhole ? null : OvertakenFor);

    /// <summary>Determines whether each of these groups has come or is known not to come.</summary>
    public bool IsSettled(ulong first, ulong last) => _log.Covers(first, last);

    /// <summary>Returns the gaps above this number and below the highest: numbers that have not come and were not given up.</summary>
    public IEnumerable<(ulong First, ulong Last)> GapsAbove(ulong sequence) => _log.GapsAbove(sequence);

    /// <summary>
    /// Returns which of these groups are gone or will not come: all that have been here and are not kept at this index of the cache or
    /// after it, and all that were given up.
    /// </summary>
    public List<(ulong First, ulong Last)> GoneBefore(long index, ulong first, ulong last)
    {
        var ahead = new List<ulong>();
        // Where every number was higher than those before it, the groups that are kept are above these.
        if (!IsInOrder)
            ahead.AddRange(track.Cache.NumbersFrom(index).Where(sequence => sequence >= first && sequence <= last).Order());
        ahead.Add(last + 1);
        var gone = new List<(ulong First, ulong Last)>();
        foreach (var end in ahead)
        {
            if (end > first && IsSettled(first, end - 1))
                gone.Add((first, end - 1));
            first = end + 1;
        }

        return gone;
    }

    /// <summary>Notes that a group has begun.</summary>
    /// <returns>False if the number has been used or was given up.</returns>
    public bool TryAdd(ulong sequence)
    {
        IsInOrder &= Highest is not { } highest || sequence > highest;
        if (!_log.TryAdd(sequence))
            return false;
        Next = Math.Max(Next, sequence + 1);
        return true;
    }

    /// <summary>
    /// Notes the number that the publisher begins with: what is missing from there on has been missed. The first call decides.
    /// </summary>
    public void BeginAt(ulong sequence) => _log.BeginAt(sequence);

    /// <summary>
    /// Notes that the publisher, which had no group when it answered, has dropped this one: it began there, unless a lower number has
    /// come.
    /// </summary>
    public void BeginAtDropped(ulong sequence)
    {
        if (_log.Lowest is not { } lowest || sequence < lowest)
            _log.BeginAt(sequence);
    }

    /// <summary>Notes that these groups will not come.</summary>
    public void GiveUp(ulong first, ulong last) => _log.GiveUp(first, last);

    /// <summary>
    /// Returns the number of groups that are missing and were not given up: while the track goes on, those that are more than merely
    /// overtaken; at its end, all of them.
    /// </summary>
    /// <param name="from">Lower numbers do not count.</param>
    public long Missing(ulong? from) =>
        track.Received is null ? 0 : track.End is null ? _log.OpenFor(OvertakenFor, from) : _log.OpenFrom(from);

    /// <summary>Returns the number of groups above this one that were given up, where no group above it has come.</summary>
    public long GivenUpAbove(ulong? newest) =>
        newest is { } last && Highest is { } highest && highest > last ? (long)(highest - last) - NotCome(last + 1, highest) : 0;

    /// <summary>Returns how many of these groups have not come and were not given up.</summary>
    public long NotCome(ulong first, ulong last) => track.Received is null ? 0 : _log.Uncovered(first, last);
}
