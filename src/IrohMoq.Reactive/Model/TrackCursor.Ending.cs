namespace IrohMoq.Reactive;

/// <content>Ends the reader: by itself, at the end of the track, or because the track stops serving it.</content>
internal sealed partial class TrackCursor
{
    /// <summary>
    /// The time to wait for an earlier group if the publisher does not specify its first group: in a burst, a later group may arrive
    /// first.
    /// </summary>
    internal static readonly TimeSpan FirstMoment = TimeSpan.FromMilliseconds(100);

    private bool _left;
    private bool _hasReadAll;
    // What is lost later is missed by other readers only.
    private long? _skippedAtEnd;

    /// <summary>
    /// Gets the error code with which the track stopped serving this reader, or null if the reader was not cut off. The caller must hold
    /// the lock of the track.
    /// </summary>
    internal MoqErrorCode? CutOff { get; private set; }

    internal bool IsGone { get; private set; }

    /// <summary>Gets a value indicating whether the reader has left the track or has reached its end.</summary>
    internal bool HasLeft
    {
        get
        {
            lock (_track.Gate)
                return _left;
        }
    }

    /// <summary>
    /// Gets a value indicating whether the options state a last group, and the reader has taken every group up to it that exists. The
    /// caller must hold the lock of the track.
    /// </summary>
    internal bool HasTakenAll => _options.End is { } end && IsAtEnd && !IsBeginningOpen
        && (HasAllBetween(_track.Received is null ? Beginning : From, end) || HasAllBetween(AssumedBeginning, end));

    /// <summary>
    /// Gets the lowest group that has arrived and is requested, if the publisher does not specify its first group and no group has arrived
    /// for a moment; otherwise null.
    /// </summary>
    private ulong? AssumedBeginning =>
        UntilBeginningIsAssumed == TimeSpan.Zero && _track.Sequences.Lowest is { } lowest ? Math.Max(From ?? 0, lowest) : null;

    /// <summary>
    /// Gets the time until <see cref="AssumedBeginning"/> has a value, or <see cref="Timeout.InfiniteTimeSpan"/> if it is not needed or no
    /// group has arrived.
    /// </summary>
    private TimeSpan UntilBeginningIsAssumed
    {
        get
        {
            if (_options.End is null || IsExtending || _track.Sequences.First is not null
                || _track is not { Received.IsAnswered: true, Cache.Newest: { } newest })
                return Timeout.InfiniteTimeSpan;
            var left = FirstMoment - _track.Runtime.GetElapsedTime(newest.CreatedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Gets the time until groups that are missing before the last one that the reader needs are given up, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> if none will be.
    /// </summary>
    private TimeSpan UntilMissingAreGivenUp =>
        _options.End is { } end && From is { } from && from <= end ? UntilSettled(from, end) : Timeout.InfiniteTimeSpan;

    private bool HasAllBetween(ulong? first, ulong last) =>
        first is { } from && (from > last || UntilSettled(from, last) == TimeSpan.Zero);

    /// <summary>
    /// Returns the time until no group of a range is waited for: zero if each has arrived, or is known not to arrive. A group that is sent
    /// on a stream arrives or is reported as dropped. A datagram may be lost, of which nothing is reported: where groups come as datagrams,
    /// one that is missing although a later one has arrived is waited for until it would have expired.
    /// </summary>
    private TimeSpan UntilSettled(ulong first, ulong last)
    {
        var sequences = _track.Sequences;
        if (sequences.IsSettled(first, last))
            return TimeSpan.Zero;
        if (_track.Received is not { HasDatagrams: true } || !(sequences.Highest >= last))
            return Timeout.InfiniteTimeSpan;
        var left = _track.PatienceFor(_options.AcceptedLatency) - sequences.MissingFor(first, last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private TrackReaderEnd ImpliedEnd =>
        _hasReadAll ? TrackReaderEnd.Completed
        : CutOff is not null ? TrackReaderEnd.TooSlow
        : _track.End is { Failure: not null } ? TrackReaderEnd.Aborted
        : TrackReaderEnd.Left;

    /// <summary>Stops serving this reader. The caller must hold the lock of the track.</summary>
    internal void Cut(MoqErrorCode code)
    {
        CutOff = code;
        EndCount();
        if (!IsForPeer)
            _track.Received?.Flow.OnReaderCut();
        foreach (var (_, group) in _track.Cache)
            group.Readers.Of(this)?.CutOff(code);
        _more.Set();
    }

    /// <summary>Ends the reader. Groups that it has taken can still be read.</summary>
    public void Dispose() => Leave(null);

    /// <summary>Ends the reader.</summary>
    /// <param name="end">How the reader ended, or null to derive this from the state of the track.</param>
    internal void Leave(TrackReaderEnd? end)
    {
        lock (_track.Gate)
        {
            _more.Set();
            Remove(end ?? ImpliedEnd);
        }
    }

    /// <summary>
    /// Records that the reader has taken every group that it will get: those that have not come are missed, however short the time is for
    /// which they could have been late.
    /// </summary>
    internal void OnTakenAll()
    {
        lock (_track.Gate)
            EndCount(isOver: true);
    }

    /// <summary>
    /// Takes no further groups, because there are none. The reader still counts as a reader until the groups that it took are read to
    /// their ends or released.
    /// </summary>
    internal void LeaveWhenRead()
    {
        lock (_track.Gate)
        {
            _left = _hasReadAll = true;
            if (_openGroups == 0)
                Remove(TrackReaderEnd.Completed);
        }
    }

    /// <summary>Records that the reader has read a group to its end or released it. The caller must hold the lock of the track.</summary>
    internal void OnGroupEnded()
    {
        Progress.Touch();
        Progress.OnReadGroup();
        if (--_openGroups == 0 && _left)
            Remove(TrackReaderEnd.Completed);
    }

    private MoqStreamException CutOffException(MoqErrorCode code) =>
        new(code, $"Track '{_track.Name}' no longer serves this reader: code {code}.");

    private void EndCount(bool isOver = false) => _skippedAtEnd ??= _skips.Total(_options.End, isOver);

    private void Remove(TrackReaderEnd end)
    {
        _left = true;
        EndCount();
        if (IsGone)
            return;
        IsGone = true;
        _track.Remove(this, end);
    }
}
