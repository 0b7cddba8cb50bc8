using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// One reader's place in a track: every group once, in the order they came. It belongs to the track, not to the cache: what was dropped
/// before it was read is counted, and the reader goes on at the oldest that is left.
/// </summary>
internal sealed class TrackCursor : IDisposable
{
    private readonly TrackProducer _track;
    private readonly Signal _more;
    private readonly ulong _firstSequence;
    private readonly ulong? _from;
    private SubscribeOptions _options;
    private long _next;
    private long _read;
    private long _readGroups;
    private long _missed;
    private long _toldMissed;
    private long _rateSince;
    private long _readAtRateSince;
    private int _openGroups;
    private bool _left;
    private bool _gone;

    /// <summary>Under the lock.</summary>
    internal TrackCursor(TrackProducer track, long next, SubscribeOptions options, bool isForPeer)
    {
        _track = track;
        _next = next;
        _options = options;
        IsForPeer = isForPeer;
        _firstSequence = options.Start.Sequence ?? 0;
        _more = new Signal(track.Runtime);
        _from = options.Start.Sequence ?? track.Cache.Newest?.Sequence ?? track.HighestSequence + 1;
        // What was given up beyond the newest group is missed like what is given up later.
        _missed = track.GivenUpBeyond(track.Cache.Newest?.Sequence) - track.GivenUp;
        LastProgress = _rateSince = track.Runtime.GetTimestamp();
        (_read, _readGroups) = (track.Readers.Written, track.Readers.Begun);
        First = FirstThere();
        Beginning = First ?? Math.Max(_firstSequence, track.NextSequence);
        if (!track.Readers.AreMeasured)
            return;
        foreach (var (index, group) in track.Cache)
        {
            // What is written to groups before the first one is nothing that this reader has to read.
            if (index < next)
            {
                group.OnLeft(this);
                continue;
            }

            _read -= group.UnreadCost;
            _readGroups--;
        }
    }

    /// <summary>What this reader wants. Setting it wakes the reader.</summary>
    internal SubscribeOptions Options
    {
        get => Volatile.Read(ref _options);
        set
        {
            lock (_track.Gate)
            {
                _options = value;
                _track.Flow?.OnDemandChanged();
                _more.Set();
            }
        }
    }

    /// <summary>True if it reads for a subscriber at the other end of a connection: what it has read is still on its way.</summary>
    internal bool IsForPeer { get; }

    /// <summary>The track that is read.</summary>
    internal TrackProducer Track => _track;

    /// <summary>Groups that this reader has missed, wherever they were lost; one that is merely late counts until it comes.</summary>
    internal long Skipped
    {
        get
        {
            lock (_track.Gate)
                return SkippedNow;
        }
    }

    /// <summary>The number that this reader begins with: a lower one that comes all the same is not missed if it does not. Null while that is not known. Under the lock.</summary>
    internal ulong? From => _from is { } from && _track.FirstSequence is { } begin ? Math.Max(from, begin) : _from ?? _track.FirstSequence;

    /// <summary>When this reader last took something. Under the lock.</summary>
    internal long LastProgress { get; private set; }

    /// <summary>What this reader has to take, in the memory that it costs. Under the lock.</summary>
    internal long Unread => _track.Readers.Written - _read;

    /// <summary>The number of the first group that was there for this reader when it came, or null: what has come since, in whatever order, comes after that.</summary>
    internal ulong? First { get; }

    /// <summary>The number that it begins with: with nothing there, the one that the next group of the track gets unless its producer chooses another one.</summary>
    internal ulong Beginning { get; }

    /// <summary>What this reader has read or passed since the track began: it grows with every frame. Under the lock.</summary>
    internal long Progress => _read;

    /// <summary>How many groups this reader has to take or to read to their ends. Under the lock.</summary>
    internal long UnreadGroups => _track.Readers.Begun - _readGroups;

    /// <summary>Why the track does not serve this reader any more. Under the lock.</summary>
    internal MoqErrorCode? CutOff { get; private set; }

    /// <summary>True once the reader has read everything up to the end of the track. Under the lock.</summary>
    internal bool HasReadAll { get; private set; }

    /// <summary>True once the reader goes on with another cursor. Under the lock.</summary>
    internal bool HasMoved { get; private set; }

    /// <summary>True if writing waits for this reader.</summary>
    internal bool IsLossless => _track.Options.Lossless;

    /// <summary>True while the reader has taken every group there is. Under the lock.</summary>
    internal bool IsAtEnd => _next >= _track.Cache.End;

    /// <summary>True once the reader has left the track, or has been told of its end.</summary>
    internal bool HasLeft
    {
        get
        {
            lock (_track.Gate)
                return _left;
        }
    }

    /// <summary>True once it is no reader of the track any more. Under the lock.</summary>
    internal bool IsGone => _gone;

    /// <summary>True if this reader will not ask for the group at this index any more. Under the lock.</summary>
    internal bool HasPassed(long index) => _next > index || _left;

    /// <summary>Which of these groups, of which this reader has taken none, have been here and are gone. One that was written after a later one may still lie ahead of it.</summary>
    internal List<(ulong First, ulong Last)> Gone(ulong first, ulong last)
    {
        lock (_track.Gate)
        {
            var ahead = new List<ulong>();
            for (var index = _track.IsInOrder ? _track.Cache.End : _track.Cache.Next(_next); index < _track.Cache.End; index = _track.Cache.Next(index + 1))
            {
                var sequence = _track.Cache[index]!.Sequence;
                if (sequence >= first && sequence <= last)
                    ahead.Add(sequence);
            }

            ahead.Sort();
            ahead.Add(last + 1);
            var gone = new List<(ulong First, ulong Last)>();
            foreach (var end in ahead)
            {
                if (end > first && _track.IsSettled(first, end - 1))
                    gone.Add((first, end - 1));
                first = end + 1;
            }

            return gone;
        }
    }

    /// <summary>Takes the next group if there is one.</summary>
    /// <param name="group">The group, with what was missed before it.</param>
    /// <param name="last">The highest number that may be taken; a group above it is left where it is. Null for no limit.</param>
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
                    group = producer.Attach(this);
                    group.Skipped = TakeMissed();
                    Touch();
                    OnRead(Math.Min(GroupCache.GroupCost, producer.UnreadCost));
                    return true;
                }

                if (producer.Sequence >= _firstSequence)
                    CountMissed(producer);
                producer.OnLeft(this);
                OnRead(producer.UnreadCost);
                OnReadGroup();
                _track.OnPassed(producer);
            }

            _next = cache.End;
            return false;
        }
    }

    /// <summary>Waits until there is another group.</summary>
    /// <returns>False at the end of the track.</returns>
    /// <exception cref="MoqStreamException">The track was aborted, or this reader was cut off; the code tells.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_track.Gate)
            {
                if (CutOff is { } code)
                    throw Refused(code);
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

    /// <summary>Waits for the next change of any kind, also for a <see cref="Wake"/>; it may be woken for nothing.</summary>
    internal ValueTask ChangedAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>True if no group will follow.</summary>
    /// <param name="failure">Why, unless the track ended normally.</param>
    internal bool IsOver(out MoqException? failure)
    {
        lock (_track.Gate)
        {
            failure = null;
            if (CutOff is { } code)
                failure = Refused(code);
            else if (!IsAtEnd || _track.End is null)
                return false;
            else
                failure = _track.End.Failure?.Invoke();
            return true;
        }
    }

    /// <summary>Wakes whoever waits; it may be for nothing.</summary>
    internal void Wake() => _more.Set();

    /// <summary>The reader is alive, though it may have taken nothing. Under the lock.</summary>
    internal void Touch() => LastProgress = _track.Runtime.GetTimestamp();

    /// <summary>The reader at the other end of a connection says that it is alive.</summary>
    internal void ReportProgress()
    {
        lock (_track.Gate)
            Touch();
    }

    /// <summary>Under the lock: serves this reader no more.</summary>
    internal void Cut(MoqErrorCode code)
    {
        CutOff = code;
        if (!IsForPeer)
            _track.Flow?.OnReaderCut();
        foreach (var (_, group) in _track.Cache)
            group.ReaderOf(this)?.CutOff(code);
        _more.Set();
    }

    /// <summary>True if the reader has taken less than the lowest rate for as long as the limit. Under the lock.</summary>
    /// <param name="options">The rate and the limit.</param>
    /// <param name="left">Shortened to how long until the next look.</param>
    internal bool IsBelowRate(TrackOptions options, ref TimeSpan left)
    {
        if (options.MinReaderRate == 0)
            return false;
        var time = _track.Runtime.GetElapsedTime(_rateSince);
        if (time < options.SlowReaderLimit)
        {
            var rest = options.SlowReaderLimit - time;
            left = rest < left ? rest : left;
            return false;
        }

        var isBelow = _read - _readAtRateSince < options.MinReaderRate * time.TotalSeconds;
        (_rateSince, _readAtRateSince) = (_track.Runtime.GetTimestamp(), _read);
        return isBelow;
    }

    /// <summary>Leaves the track for good. Groups that were taken can still be read.</summary>
    public void Dispose()
    {
        lock (_track.Gate)
        {
            _left = true;
            _more.Set();
            Go();
        }
    }

    /// <summary>The reader has read everything up to the end of the track.</summary>
    internal void Complete()
    {
        lock (_track.Gate)
        {
            HasReadAll = true;
            _left = true;
            Go();
        }
    }

    /// <summary>The reader has another cursor and goes on there: it is neither complete nor lost.</summary>
    internal void Move()
    {
        lock (_track.Gate)
        {
            HasMoved = true;
            _left = true;
            Go();
        }
    }

    /// <summary>Takes no more groups, because there are none, but counts as a reader until those taken are read to their end or given back.</summary>
    internal void LeaveWhenRead()
    {
        lock (_track.Gate)
        {
            _left = true;
            HasReadAll = true;
            if (_openGroups == 0)
                Go();
        }
    }

    /// <summary>Under the lock.</summary>
    internal void OnGroupEnded()
    {
        Touch();
        OnReadGroup();
        if (--_openGroups == 0 && _left)
            Go();
    }

    /// <summary>So much was read or passed, or is not there any more. Under the lock.</summary>
    internal void OnRead(long cost)
    {
        if (cost == 0 || !_track.Readers.AreMeasured)
            return;
        var before = Unread;
        _read += cost;
        if (Unread == 0)
            (_rateSince, _readAtRateSince) = (LastProgress, _read);
        _track.OnProgress(before, Unread);
    }

    /// <summary>A group was read, passed or dropped. Under the lock.</summary>
    internal void OnReadGroup()
    {
        _readGroups++;
        _track.OnGroupProgress();
    }

    /// <summary>A group that this reader has not taken is dropped. Under the lock.</summary>
    internal void OnDropped(GroupProducer group)
    {
        CountMissed(group);
        OnReadGroup();
    }

    /// <summary>These groups will not come: those before this reader's first are nothing to it. Before that is noted. Under the lock.</summary>
    internal void OnGivenUp(ulong first, ulong last)
    {
        if (_from > first)
            _missed -= _track.NotCome(first, Math.Min(last, _from.Value - 1));
    }

    private ulong? FirstThere()
    {
        for (var index = _track.Cache.Next(_next); index < _track.Cache.End; index = _track.Cache.Next(index + 1))
        {
            if (_track.Cache[index]!.Sequence is var sequence && sequence >= _firstSequence)
                return sequence;
        }

        return null;
    }

    private void CountMissed(GroupProducer group)
    {
        if (_from is not { } from || group.Sequence >= from)
            _missed++;
    }

    private long SkippedNow => _missed + _track.GivenUp + _track.MissingUpstream(_from);

    /// <summary>What was missed since it was last told. Under the lock.</summary>
    private long TakeMissed()
    {
        var more = SkippedNow - _toldMissed;
        // One that was told as missed and came all the same is left out of what is missed next.
        if (more <= 0)
            return 0;
        _toldMissed += more;
        if (!IsForPeer)
            _track.Flow?.OnSkipped(more);
        return more;
    }

    private bool IsTooOld(GroupProducer group) =>
        _options.AcceptedLatency is { } latency && _track.Cache.Newest is { } newest && newest.Sequence > group.Sequence
        && (latency == TimeSpan.Zero || _track.Runtime.GetElapsedTime(group.CreatedAt, newest.CreatedAt) > latency);

    private MoqStreamException Refused(MoqErrorCode code) => new(code, $"Track '{_track.Name}' no longer serves this reader: code {code}.");

    private void Go()
    {
        if (_gone)
            return;
        _gone = true;
        _track.Remove(this);
    }
}
