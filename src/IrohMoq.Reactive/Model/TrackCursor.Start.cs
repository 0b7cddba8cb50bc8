namespace IrohMoq.Reactive;

/// <content>Determines with which group the reader begins, which may change while the track is read.</content>
internal sealed partial class TrackCursor
{
    private EarlierGroups _earlier;

    /// <summary>
    /// Gets the first group that this reader has requested, or null if it begins with the newest one. The caller must hold the lock of the
    /// track.
    /// </summary>
    internal ulong? RequestedStart { get; private set; }

    /// <summary>
    /// Gets or sets the number of the start that this reader has requested last, among those of all readers. The caller must hold the lock
    /// of the track.
    /// </summary>
    internal long StartNumber { get; set; }

    /// <summary>Gets a value indicating whether the reader has yet to take groups before those that it has taken.</summary>
    internal bool HasEarlier
    {
        get
        {
            lock (_track.Gate)
                return !_earlier.IsEmpty;
        }
    }

    /// <summary>
    /// Gets a value indicating whether groups may arrive before the first one that is known, because this reader has requested them later
    /// than other readers. The caller must hold the lock of the track.
    /// </summary>
    internal bool IsBeginningOpen => _track.Received is { IsExtending: true, LiveFrom: { } live } && _firstSequence < live
        && From is { } from && from > _firstSequence && !_track.Sequences.IsSettled(_firstSequence, from - 1);

    /// <summary>
    /// Gets a value indicating whether earlier groups, which this reader has requested later than other readers, may still arrive. The
    /// caller must hold the lock of the track.
    /// </summary>
    internal bool IsExtending => _track.Received is { IsExtending: true, LiveFrom: { } live } && _firstSequence < live;

    /// <summary>
    /// Gets the number of the first group that the reader can get, as far as it is known before a group is taken: one that is available,
    /// or that may still arrive from the publisher of a received track, which has told with which group it begins. Null if it is not known.
    /// </summary>
    internal ulong? FirstToExpect
    {
        get
        {
            lock (_track.Gate)
            {
                var sequences = _track.Sequences;
                if (_track.Received is null)
                    return First ?? (sequences.Highest is null ? null : Beginning);
                // A group of a lossless track that has been overtaken comes.
                if (First is not null && !_track.IsWhole)
                    return First;
                if (IsBeginningOpen || From is not { } from)
                    return First;
                var open = sequences.FirstOpen(from);
                var kept = _track.Cache.NumbersFrom(_next).Concat(EarlierNumbers)
                    .Where(sequence => sequence >= from).Min(static sequence => (ulong?)sequence);
                return kept < open ? kept : sequences.First is null && open == from ? First : open;
            }
        }
    }

    private IEnumerable<ulong> EarlierNumbers =>
        _earlier.Indices.Select(index => _track.Cache[index]).OfType<GroupProducer>().Select(static group => group.Sequence);

    /// <summary>
    /// Lets a reader that requests no start not receive groups below a number, which only other readers request. The caller must hold the
    /// lock of the track.
    /// </summary>
    internal void BeginNotBefore(ulong sequence)
    {
        if (RequestedStart is not null)
            return;
        _firstSequence = Math.Max(_firstSequence, sequence);
        _skips.BeginAt(sequence);
    }

    /// <summary>Excludes abandoned groups that do not count for this reader. The caller must hold the lock of the track.</summary>
    internal void OnFoundAbandoned(ulong first, ulong last) => _skips.OnFoundAbandoned(first, last);

    /// <summary>
    /// Lets the reader of a remote subscriber begin earlier: it takes the groups that are kept and that it has passed, and those that
    /// arrive.
    /// </summary>
    /// <param name="sequence">The first group.</param>
    /// <param name="frame">The first frame of that group.</param>
    /// <param name="before">The first group so far.</param>
    /// <param name="isTaken">Determines whether the reader has taken a group.</param>
    internal void BeginEarlier(ulong sequence, int frame, ulong before, Func<ulong, bool> isTaken)
    {
        lock (_track.Gate)
        {
            SetStart(sequence, frame);
            foreach (var (index, group) in _track.Cache)
            {
                if (index >= _next || group.Sequence < sequence || group.Sequence >= before || isTaken(group.Sequence)
                    || _earlier.Contains(index))
                {
                    continue;
                }

                _earlier.Add(index);
                group.OnReturned(this);
                Progress.OnReturned(group);
            }
        }
    }

    /// <summary>Lets the reader of a remote subscriber begin later. Groups that it has taken are not affected.</summary>
    internal void BeginLater(ulong sequence, int frame)
    {
        lock (_track.Gate)
            SetStart(sequence, frame);
    }

    private void SetStart(ulong sequence, int frame)
    {
        RequestedStart = _firstSequence = sequence;
        RequestedFrame = frame;
        _track.Readers.OnStartRequested(this);
        _track.RequestEarlier();
        _track.Received?.Flow.OnDemandChanged();
        _more.Set();
    }

    /// <summary>Takes the next of the earlier groups.</summary>
    private bool TryNextEarlier(out GroupConsumer group, ulong? last)
    {
        group = null!;
        while (_earlier.TryPeek(out var index))
        {
            // The group may have been dropped meanwhile.
            var producer = _track.Cache[index];
            if (producer?.Sequence > last)
                return false;
            _earlier.RemoveFirst();
            if (producer is not null && TryTake(producer, out group))
                return true;
        }

        return false;
    }
}
