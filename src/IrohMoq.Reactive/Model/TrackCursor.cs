using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the position of one reader in a track. The reader gets every group once, in order of arrival. If groups are dropped before
/// they are read, they are counted and the reader continues with the oldest group available.
/// </summary>
internal sealed class TrackCursor : IDisposable
{
    private readonly TrackState _track;
    private readonly Signal _more;
    private readonly SkipCount _skips;
    private readonly ulong _firstSequence;
    private SubscribeOptions _options;
    private long _next;
    private int _openGroups;
    private bool _left;
    private bool _hasReadAll;

    internal TrackCursor(TrackState track, long next, SubscribeOptions options, ReadOnlyMemory<byte>? peerId)
    {
        _track = track;
        _next = next;
        _options = options;
        _firstSequence = options.Start.Sequence ?? 0;
        _more = new Signal(track.Runtime);
        _skips = new SkipCount(track, options.Start.Sequence, isForPeer: peerId is not null);
        IsForPeer = peerId is not null;
        PeerId = peerId ?? default;
        First = track.Cache.FirstFrom(next, _firstSequence);
        Beginning = First ?? Math.Max(_firstSequence, track.Sequences.Next);
        Progress = new ReadProgress(track, this, next);
    }

    /// <summary>Gets or sets what this reader wants. Setting it wakes the reader.</summary>
    internal SubscribeOptions Options
    {
        get => Volatile.Read(ref _options);
        set
        {
            lock (_track.Gate)
            {
                _options = value;
                _track.Received?.Flow.OnDemandChanged();
                _more.Set();
            }
        }
    }

    /// <summary>Gets a value indicating whether it reads for a subscriber at the peer: what it has read is still on its way.</summary>
    internal bool IsForPeer { get; }

    internal ReadOnlyMemory<byte> PeerId { get; }

    /// <summary>
    /// Gets or sets the number of this reader among all readers of the track. The caller must hold the lock of the track.
    /// </summary>
    internal long Number { get; set; }

    internal long TakenGroups { get; private set; }

    internal TrackState Track => _track;

    internal ReadProgress Progress { get; }

    /// <summary>
    /// Gets how many groups this reader has missed, wherever they were lost; a group that is merely late counts until it comes.
    /// </summary>
    internal long Skipped
    {
        get
        {
            lock (_track.Gate)
                return _skips.Total;
        }
    }

    internal ulong? From => _skips.From;

    /// <summary>Gets the number of the first group that was there when the reader came, or null if there was none.</summary>
    internal ulong? First { get; }

    /// <summary>
    /// Gets the number that the reader begins with. If no group was there, it is the number that the next group gets unless the producer
    /// chooses another one.
    /// </summary>
    internal ulong Beginning { get; }

    /// <summary>Gets why the track does not serve this reader any more, or null. The caller must hold the lock.</summary>
    internal MoqErrorCode? CutOff { get; private set; }

    /// <summary>Gets a value indicating whether the reader has taken every group there is. The caller must hold the lock.</summary>
    internal bool IsAtEnd => _next >= _track.Cache.End;

    internal bool IsGone { get; private set; }

    /// <summary>Gets a value indicating whether the reader has left the track, or knows of its end.</summary>
    internal bool HasLeft
    {
        get
        {
            lock (_track.Gate)
                return _left;
        }
    }

    /// <summary>Determines whether this reader will not ask for the group at this index any more. The caller must hold the lock.</summary>
    internal bool HasPassed(long index) => _next > index || _left;

    /// <summary>
    /// Returns which of these groups, of which this reader has taken none, are gone or will not come. A group that was written after a
    /// later one may still lie ahead of it.
    /// </summary>
    internal List<(ulong First, ulong Last)> Gone(ulong first, ulong last)
    {
        lock (_track.Gate)
            return _track.Sequences.GoneBefore(_next, first, last);
    }

    /// <summary>Takes the next group if there is one.</summary>
    /// <param name="group">The group, with the number of groups that were missed before it.</param>
    /// <param name="last">The highest number that may be taken, or null for no limit. A group above it is not taken.</param>
    internal bool TryNext(out GroupConsumer group, ulong? last = null)
    {
        lock (_track.Gate)
        {
            group = null!;
            if (_left || CutOff is not null)
                return false;
            var cache = _track.Cache;
            for (var index = cache.Next(_next); index < cache.End; index = cache.Next(_next))
            {
                var producer = cache[index]!;
                if (producer.Sequence > last)
                    return false;
                _next = index + 1;
                if (producer.Sequence >= _firstSequence && !IsTooOld(producer))
                {
                    _openGroups++;
                    TakenGroups++;
                    group = producer.Attach(this);
                    group.Skipped = _skips.TakeNew();
                    Progress.Touch();
                    Progress.OnRead(Math.Min(GroupCache.GroupCost, producer.UnreadCost));
                    return true;
                }

                Pass(producer);
            }

            _next = cache.End;
            return false;
        }
    }

    /// <summary>Waits until there is another group.</summary>
    /// <returns>False at the end of the track.</returns>
    /// <exception cref="MoqStreamException">The track was aborted, or this reader was cut off; the code tells which.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_track.Gate)
            {
                if (CutOff is { } code)
                    throw CutOffException(code);
                if (_left)
                    return false;
                if (!IsAtEnd)
                    return true;
                if (_track.End is { } end)
                    return end.Failure is { } failure ? throw failure() : false;
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the next change of any kind, or a <see cref="Wake"/>. It may return without a change.</summary>
    internal ValueTask ChangedAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>Determines whether no group follows.</summary>
    /// <param name="failure">The reason, or null if the track ended normally.</param>
    internal bool IsOver(out MoqException? failure)
    {
        lock (_track.Gate)
        {
            failure = null;
            if (CutOff is { } code)
                failure = CutOffException(code);
            else if (!IsAtEnd || _track.End is null)
                return false;
            else
                failure = _track.End.Failure?.Invoke();
            return true;
        }
    }

    internal void Wake() => _more.Set();

    /// <summary>Notes that the reader at the peer says that it is alive.</summary>
    internal void ReportProgress()
    {
        lock (_track.Gate)
            Progress.Touch();
    }

    /// <summary>Serves this reader no more. The caller must hold the lock.</summary>
    internal void Cut(MoqErrorCode code)
    {
        CutOff = code;
        if (!IsForPeer)
            _track.Received?.Flow.OnReaderCut();
        foreach (var (_, group) in _track.Cache)
            group.Readers.Of(this)?.CutOff(code);
        _more.Set();
    }

    /// <summary>Leaves the track. Groups that were taken can still be read.</summary>
    public void Dispose() => Leave(null);

    /// <summary>Leaves the track.</summary>
    /// <param name="end">How the reader ended, or null if it merely takes no more groups: then the state of the track says how.</param>
    internal void Leave(TrackReaderEnd? end)
    {
        lock (_track.Gate)
        {
            _more.Set();
            Remove(end ?? ImpliedEnd);
        }
    }

    /// <summary>
    /// Takes no more groups, because there are none, but counts as a reader until the groups that were taken are read to their ends or
    /// given back.
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

    /// <summary>The reader has read a group to its end or given it back. The caller must hold the lock.</summary>
    internal void OnGroupEnded()
    {
        Progress.Touch();
        Progress.OnReadGroup();
        if (--_openGroups == 0 && _left)
            Remove(TrackReaderEnd.Completed);
    }

    /// <summary>A group that this reader has not taken is dropped. The caller must hold the lock.</summary>
    internal void OnDropped(GroupProducer group)
    {
        _skips.OnDropped(group);
        Progress.OnReadGroup();
    }

    /// <summary>These groups will not come. Called before the track notes it. The caller must hold the lock.</summary>
    internal void OnGivenUp(ulong first, ulong last) => _skips.OnGivenUp(first, last);

    /// <summary>Goes on without a group that this reader does not want.</summary>
    private void Pass(GroupProducer group)
    {
        if (group.Sequence >= _firstSequence)
            _skips.OnDropped(group);
        group.OnLeft(this);
        Progress.OnRead(group.UnreadCost);
        Progress.OnReadGroup();
        _track.OnPassed(group);
    }

    private TrackReaderEnd ImpliedEnd =>
        _hasReadAll ? TrackReaderEnd.Completed
        : CutOff is not null ? TrackReaderEnd.TooSlow
        : _track.End is { Failure: not null } ? TrackReaderEnd.Aborted
        : TrackReaderEnd.Left;

    private bool IsTooOld(GroupProducer group) =>
        _options.AcceptedLatency is { } latency && _track.Cache.Newest is { } newest && newest.Sequence > group.Sequence
        && (latency == TimeSpan.Zero || _track.Runtime.GetElapsedTime(group.CreatedAt, newest.CreatedAt) > latency);

    private MoqStreamException CutOffException(MoqErrorCode code) =>
        new(code, $"Track '{_track.Name}' no longer serves this reader: code {code}.");

    private void Remove(TrackReaderEnd end)
    {
        _left = true;
        if (IsGone)
            return;
        IsGone = true;
        _track.Remove(this, end);
    }
}
