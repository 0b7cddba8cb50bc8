namespace IrohMoq.Reactive;

/// <summary>
/// Represents the group numbers of one track: which have been used, which are missing, and which will not arrive. The caller of any
/// member must hold the lock of the track.
/// </summary>
internal sealed class TrackSequences(TrackState track)
{
    // The time for which a group may be missing after a later one has arrived before it counts as lost rather than overtaken.
    private static readonly TimeSpan OvertakenFor = TimeSpan.FromSeconds(1);

    private readonly SequenceLog _log = new(track.Runtime);

    /// <summary>Gets the number of the next group that is appended: one above the highest number so far.</summary>
    public ulong Next { get; private set; }

    /// <summary>Gets a value indicating whether every group so far had a higher number than the groups before it.</summary>
    public bool IsInOrder { get; private set; } = true;

    /// <summary>Gets the lowest number that has arrived or was abandoned, or null if there is none.</summary>
    public ulong? Lowest => _log.Lowest;

    /// <summary>Gets the highest number that has arrived or was abandoned, or null if there is none.</summary>
    public ulong? Highest => _log.Highest;

    /// <summary>Gets the first group number of the publisher of a received track, or null if it is not known.</summary>
    public ulong? First => _log.Begin;

    /// <summary>Gets the number of groups of a received track that are known not to arrive; 0 for a track of a local producer.</summary>
    public long GivenUp => track.Received is null ? 0 : _log.GivenUp;

    /// <summary>Gets how many times groups were abandoned.</summary>
    public long Abandonments { get; private set; }

    /// <summary>
    /// Gets the number of groups that would be lost if the track ended now: they have neither arrived nor been abandoned. Earlier groups
    /// that a later reader requested are not counted.
    /// </summary>
    public long MissingAtEnd => _log.OpenFrom(track.Received?.LiveFrom);

    /// <summary>Gets the lowest gap if there are more gaps than the maximum, so that the caller abandons it; otherwise null.</summary>
    public (ulong First, ulong Last)? Excess => _log.Excess;

    /// <summary>Gets the lowest number of a group that has not begun to arrive and still may arrive, or null if it is not known.</summary>
    public ulong? FirstToCome => _log.FirstToCome(track.IsWhole ? null : OvertakenFor);

    /// <summary>
    /// Gets <see cref="FirstToCome"/> among the groups with which the track began here, without those that a later reader requested.
    /// </summary>
    public ulong? FirstOriginalToCome => _log.FirstToCome(track.IsWhole ? null : OvertakenFor, track.Received?.LiveFrom ?? 0);

    /// <summary>
    /// Gets the time since groups before the first one were requested, or since one of them has arrived last.
    /// </summary>
    public TimeSpan SinceExtended => _log.SinceExtended;

    /// <summary>
    /// Determines whether every group from <paramref name="first"/> to <paramref name="last"/> has arrived or is known not to arrive.
    /// </summary>
    public bool IsSettled(ulong first, ulong last) => _log.Covers(first, last);

    /// <summary>
    /// Returns the groups, from <paramref name="first"/> to <paramref name="last"/>, that are gone or will not arrive: groups that have
    /// arrived and are not in the cache at the specified index or after it, and groups that were abandoned.
    /// </summary>
    /// <param name="index">The index from which on groups are not gone.</param>
    /// <param name="earlier">The numbers of groups before the index that are not gone either.</param>
    /// <param name="first">The first group.</param>
    /// <param name="last">The last group.</param>
    public List<(ulong First, ulong Last)> GoneBefore(long index, IEnumerable<ulong> earlier, ulong first, ulong last)
    {
        var ahead = new SortedSet<ulong>(earlier);
        // If every number was higher than the numbers before it, the groups that are still in the cache are above the specified range.
        if (!IsInOrder)
            ahead.UnionWith(track.Cache.NumbersFrom(index).Where(sequence => sequence >= first && sequence <= last));
        var gone = new List<(ulong First, ulong Last)>();
        foreach (var (from, to) in _log.Covered(first, last))
        {
            var next = from;
            foreach (var sequence in ahead.GetViewBetween(from, to))
            {
                if (sequence > next)
                    gone.Add((next, sequence - 1));
                next = sequence + 1;
            }

            if (next <= to)
                gone.Add((next, to));
        }

        return gone;
    }

    /// <summary>Records the number of a new group.</summary>
    /// <returns>False if the number has been used or was abandoned.</returns>
    public bool TryAdd(ulong sequence)
    {
        IsInOrder &= Highest is not { } highest || sequence > highest;
        if (_log.IsLowerAndRequested(sequence) && !_log.Covers(sequence, sequence))
            CountAbandonedAbove(sequence);
        if (!_log.TryAdd(sequence))
            return false;
        _log.Lower(sequence);
        Next = Math.Max(Next, sequence + 1);
        return true;
    }

    /// <summary>
    /// Records the first group number of the publisher: groups that are missing from there on count as missed. Only the first call has an
    /// effect.
    /// </summary>
    public void BeginAt(ulong sequence) => _log.BeginAt(sequence);

    /// <summary>
    /// Records that another subscription, of which nothing has come, begins anew with a group, or with one that is not known.
    /// </summary>
    public void BeginAnewAt(ulong? sequence) => _log.BeginAnewAt(sequence);

    /// <summary>
    /// Records that the publisher, which had no group when it answered the subscription, has dropped the specified group. That group is
    /// then the first one of the publisher, unless a lower number has arrived.
    /// </summary>
    public void BeginAtDropped(ulong sequence)
    {
        if (_log.Lowest is not { } lowest || sequence < lowest)
            _log.BeginAt(sequence);
    }

    /// <summary>
    /// Records that groups below a number, which was the first one so far, are requested now: the lowest of them that arrives is then the
    /// first group.
    /// </summary>
    public void ExtendBelow(ulong sequence) => _log.ExtendBelow(sequence);

    /// <summary>
    /// Returns the time for which all groups from <paramref name="first"/> to <paramref name="last"/> that have not come have been missing.
    /// </summary>
    public TimeSpan MissingFor(ulong first, ulong last) => _log.MissingFor(first, last);

    /// <summary>Returns the lowest number, from the specified one on, that has neither arrived nor been abandoned.</summary>
    public ulong FirstOpen(ulong from) => _log.OpenWithin(from, ulong.MaxValue).First().First;

    /// <summary>Records that the groups from <paramref name="first"/> to <paramref name="last"/> will not arrive.</summary>
    public void GiveUp(ulong first, ulong last)
    {
        Abandonments++;
        _log.GiveUp(first, last);
    }

    /// <summary>
    /// Returns the number of groups that are missing and not abandoned: while they are waited for, only groups that are lost rather than
    /// overtaken; after the end of the track, all of them.
    /// </summary>
    /// <param name="from">The lowest number that counts, or null if all numbers count.</param>
    /// <param name="isOver">True if no group is waited for any more, although the track is active.</param>
    public long Missing(ulong? from, bool isOver) =>
        track.Received is null ? 0 : isOver || track.End is not null ? _log.OpenFrom(from) : _log.OpenFor(OvertakenFor, from);

    /// <summary>Returns the number of abandoned groups above the specified group, which must be the newest one that has arrived.</summary>
    public long GivenUpAbove(ulong? newest) =>
        newest is { } last && Highest is { } highest && highest > last ? (long)(highest - last) - NotCome(last + 1, highest) : 0;

    /// <summary>
    /// Returns how many groups from <paramref name="first"/> to <paramref name="last"/> have neither arrived nor been abandoned.
    /// </summary>
    public long NotCome(ulong first, ulong last) => track.Received is null ? 0 : _log.Uncovered(first, last);

    /// <summary>
    /// Lets the abandoned groups above a number, which becomes the first one, count for the readers that requested them, and no others.
    /// </summary>
    private void CountAbandonedAbove(ulong sequence)
    {
        foreach (var (from, to) in _log.Covered(sequence + 1, First!.Value - 1))
        {
            foreach (var cursor in track.Readers)
                cursor.OnFoundAbandoned(from, to);
        }
    }
}
