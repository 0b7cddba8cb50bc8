using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the position of one reader in a track. The reader gets every group once, in order of arrival. If groups are dropped before
/// they are read, they are counted and the reader continues with the oldest group available.
/// </summary>
internal sealed partial class TrackCursor : IDisposable
{
    private readonly TrackState _track;
    private readonly Signal _more;
    private readonly SkipCount _skips;
    private ulong _firstSequence;
    private SubscribeOptions _options;
    private long _next;
    private int _openGroups;

    internal TrackCursor(TrackState track, long next, SubscribeOptions options, Requester? peer)
    {
        _track = track;
        _next = next;
        _options = options;
        RequestedStart = options.Start.Sequence;
        RequestedFrame = options.FirstFrame;
        _firstSequence = RequestedStart ?? 0;
        PassStartWithoutHead();
        _more = new Signal(track.Runtime);
        _skips = new SkipCount(track, RequestedStart is null ? null : _firstSequence, isForPeer: peer is not null);
        Peer = peer;
        First = track.Cache.FirstFrom(_next, _firstSequence);
        Beginning = First ?? Math.Max(_firstSequence, track.Sequences.Next);
        Progress = new ReadProgress(track, this, _next);
    }

    /// <summary>Gets or sets the options of this reader. Setting the options wakes the reader.</summary>
    internal SubscribeOptions Options
    {
        get => Volatile.Read(ref _options);
        set
        {
            lock (_track.Gate)
            {
                var isBoundedAnew = (value.End, value.LastFrame) != (_options.End, _options.LastFrame);
                _options = value;
                _track.Received?.Flow.OnDemandChanged();
                _more.Set();
                if (isBoundedAnew)
                    WakeGroups();
            }
        }
    }

    /// <summary>
    /// Gets a value indicating whether this reader reads on behalf of a remote subscriber, so that data which was read may still be on
    /// its way to the peer.
    /// </summary>
    internal bool IsForPeer => Peer is not null;

    /// <summary>Gets the remote subscriber on whose behalf this reader reads, or null for a local reader.</summary>
    internal Requester? Peer { get; }

    /// <summary>
    /// Gets or sets the number of this reader among all readers of the track. The caller must hold the lock of the track.
    /// </summary>
    internal long Number { get; set; }

    internal long TakenGroups { get; private set; }

    internal TrackState Track => _track;

    internal ReadProgress Progress { get; }

    /// <summary>
    /// Gets the number of groups that this reader has missed, wherever they were lost. A group that is merely late is counted until it
    /// arrives.
    /// </summary>
    internal long Skipped
    {
        get
        {
            lock (_track.Gate)
                return _skippedAtEnd ?? _skips.Total(_options.End);
        }
    }

    /// <summary>Gets the number of the first group that counts for the reader, or null while it is not known.</summary>
    internal ulong? From => _skips.From;

    /// <summary>Gets the number of the first group that was available when the reader joined, or null if there was none.</summary>
    internal ulong? First { get; }

    /// <summary>
    /// Gets the group number with which the reader begins. If no group was available when the reader joined, it is the number that the
    /// next group has unless the producer chooses another one.
    /// </summary>
    internal ulong Beginning { get; }

    /// <summary>
    /// Gets a value indicating whether the reader has taken every available group. The caller must hold the lock of the track.
    /// </summary>
    internal bool IsAtEnd => _next >= _track.Cache.End && _earlier.IsEmpty;

    /// <summary>
    /// Determines whether this reader has passed the group at the specified index and will not request it any more. The caller must hold
    /// the lock of the track.
    /// </summary>
    internal bool HasPassed(long index) => (_next > index && !_earlier.Contains(index)) || _left;

    /// <summary>
    /// Returns the groups, from <paramref name="first"/> to <paramref name="last"/>, that are gone or will not arrive. The reader must
    /// not have taken any of them. A group that was written after a group with a higher number may still lie ahead of the reader.
    /// </summary>
    internal List<(ulong First, ulong Last)> Gone(ulong first, ulong last)
    {
        lock (_track.Gate)
            return _track.Sequences.GoneBefore(_next, EarlierNumbers, first, last);
    }

    /// <summary>Tries to take the next group.</summary>
    /// <param name="group">The group, with the number of groups that were missed before it.</param>
    /// <param name="last">The highest group number that may be taken, or null for no limit.</param>
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
                    return TryNextEarlier(out group, last);
                _next = index + 1;
                if (TryTake(producer, out group))
                    return true;
            }

            _next = cache.End;
            return TryNextEarlier(out group, last);
        }
    }

    /// <summary>Waits until there is another group to take.</summary>
    /// <returns>False at the end of the track, or if the reader has taken every group that it needs.</returns>
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
                if (HasTakenAll)
                    return false;
                if (_track.End is { } end)
                    return end.Failure is { } failure ? throw failure() : false;
            }

            var wait = Options.End is null ? ChangedAsync(cancellationToken) : ChangedAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            await wait.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for the next change of any kind or a call of <see cref="Wake"/>. The method may also return without a change.
    /// </summary>
    internal ValueTask ChangedAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>
    /// Waits for the next change, but no longer than a time, and not beyond the moment at which the reader has taken every group that it
    /// needs.
    /// </summary>
    internal ValueTask ChangedAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        lock (_track.Gate)
        {
            time = Earlier(Earlier(time, UntilBeginningIsAssumed), UntilMissingAreGivenUp);
        }

        return time == Timeout.InfiniteTimeSpan ? ChangedAsync(cancellationToken) : ChangedWithinAsync(time, cancellationToken);
    }

    /// <summary>Determines whether no further group follows.</summary>
    /// <param name="failure">The exception that describes the reason, or null if the track ended normally.</param>
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

    /// <summary>Records that the remote reader has reported that it is active.</summary>
    internal void ReportProgress()
    {
        lock (_track.Gate)
            Progress.Touch();
    }

    /// <summary>Records that a group that this reader has not taken is dropped. The caller must hold the lock of the track.</summary>
    internal void OnDropped(GroupProducer group)
    {
        _skips.OnDropped(group, _options.End);
        Progress.OnReadGroup();
    }

    /// <summary>
    /// Records that the groups from <paramref name="first"/> to <paramref name="last"/> will not arrive. Called before the track itself
    /// records this. The caller must hold the lock of the track.
    /// </summary>
    internal void OnGivenUp(ulong first, ulong last) => _skips.OnGivenUp(first, last, _options.End);

    /// <summary>Returns the shorter of two times, of which the second one counts only if it is not over.</summary>
    private static TimeSpan Earlier(TimeSpan time, TimeSpan other) =>
        other > TimeSpan.Zero && (other < time || time == Timeout.InfiniteTimeSpan) ? other : time;

    private async ValueTask ChangedWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = _track.Runtime.Limit(time, cancellationToken);
        try
        {
            await ChangedAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The time has elapsed without a change.
        }
    }

    /// <summary>Takes a group, or skips it if the options of this reader exclude it.</summary>
    private bool TryTake(GroupProducer producer, out GroupConsumer group)
    {
        group = null!;
        if (producer.Sequence < _firstSequence || IsTooOld(producer) || Lacks(producer))
        {
            Pass(producer);
            return false;
        }

        _openGroups++;
        TakenGroups++;
        group = producer.Attach(this);
        group.BeginAt(FrameOf(producer.Sequence));
        group.Skipped = _skips.TakeNew(_options.End);
        Progress.Touch();
        Progress.OnRead(Math.Min(GroupCache.GroupCost, producer.UnreadCost));
        return true;
    }

    /// <summary>Skips a group that the options of this reader exclude.</summary>
    private void Pass(GroupProducer group)
    {
        if (group.Sequence >= _firstSequence)
            _skips.OnDropped(group, _options.End);
        group.OnLeft(this);
        Progress.OnRead(group.UnreadCost);
        Progress.OnReadGroup();
        _track.OnPassed(group);
    }

    /// <summary>
    /// Determines whether a group is older than the options of this reader accept. The caller must hold the lock of the track.
    /// </summary>
    internal bool IsTooOld(GroupProducer group) =>
        _options.AcceptedLatency is { } latency && _track.Cache.Newest is { } newest && newest.Sequence > group.Sequence
        && _track.IsOlderThan(group, newest, latency);
}
