using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one track: groups, then an end. What it keeps is bounded by its <see cref="TrackOptions"/> and shared by all readers. Safe for any thread.
/// A track that is disposed unfinished is aborted with <see cref="MoqErrorCode.Dropped"/>.
/// </summary>
public sealed class TrackProducer : IDisposable
{
    // How long a group may be under way after a later one has come before it counts as missed.
    private static readonly TimeSpan OvertakenFor = TimeSpan.FromSeconds(1);

    /// <summary>The highest number that a group may have: 2^53 - 2. JavaScript peers read no more.</summary>
    public const ulong MaxSequence = (1UL << 53) - 2;

    private readonly Demand _demand;
    private readonly WriterQueue _writers;
    private readonly SequenceLog _sequences;
    private ulong _nextSequence;
    private bool _isLeft;

    internal TrackProducer(string name, TrackOptions options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders = null)
    {
        options.Validate();
        Name = name;
        Options = options;
        Runtime = runtime;
        Pool = pool;
        Signals = new SignalPool(runtime);
        Cache = new GroupCache(options, runtime, Gate);
        ReaderCount = new ReaderCount(runtime, broadcastReaders);
        Readers = new TrackReaders(options, runtime, ReaderCount);
        _sequences = new SequenceLog(runtime);
        _demand = new Demand(this, Readers);
        _writers = new WriterQueue(this, Readers);
    }

    /// <summary>The track's name in its broadcast.</summary>
    public string Name { get; }

    /// <summary>How it treats what it keeps.</summary>
    public TrackOptions Options { get; }

    /// <summary>How many readers there are now. A reader that has taken all counts until it has read what it took.</summary>
    public int SubscriberCount
    {
        get
        {
            lock (Gate)
                return Readers.Count;
        }
    }

    /// <summary>How many read the track now, how many have read it to its end, and how many have gone before: after <see cref="Finish"/> and <see cref="WaitForNoSubscriberAsync"/> it tells whether everybody has everything.</summary>
    public ReaderTotals ReaderTotals
    {
        get
        {
            lock (Gate)
                return new ReaderTotals(Readers.Count, Readers.Completed, Readers.Lost);
        }
    }

    /// <summary>The memory that the track keeps for readers, in bytes.</summary>
    internal long CachedBytes
    {
        get
        {
            lock (Gate)
                return Cache.Bytes;
        }
    }

    /// <summary>For whoever wants to be told how many readers there are.</summary>
    internal ReaderCount ReaderCount { get; }

    internal Lock Gate { get; } = new();

    internal Runtime Runtime { get; }

    internal BlockPool Pool { get; }

    /// <summary>For waits on one group, which are many and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>How it ended, or null. Under the lock.</summary>
    internal TrackEnd? End { get; private set; }

    /// <summary>What is kept for readers. Under the lock.</summary>
    internal GroupCache Cache { get; }

    /// <summary>Who reads it. Under the lock.</summary>
    internal TrackReaders Readers { get; }

    /// <summary>Set on a track that is received, before any group comes: the session that receives it.</summary>
    internal IReceiveFlow? Flow { get; private set; }

    /// <summary>What the foremost reader has not read yet, in bytes of memory. Under the lock.</summary>
    internal long ForemostUnread => Readers.Foremost?.Unread ?? 0;

    /// <summary>How many groups it was said of that they will not come. Under the lock.</summary>
    internal long GivenUp => Flow is null ? 0 : _sequences.GivenUp;

    /// <summary>Groups that have not come, and of which the publisher has not said so, if the track is over now. Under the lock.</summary>
    internal long MissingAtEnd => _sequences.Open;

    /// <summary>True if each of these groups has been here or is known not to come. Under the lock.</summary>
    internal bool IsSettled(ulong first, ulong last) => _sequences.Covers(first, last);

    /// <summary>The numbers above this one, and below the highest, that no group has had, as far as they are known. Under the lock.</summary>
    internal IEnumerable<(ulong First, ulong Last)> GapsAbove(ulong sequence) => _sequences.GapsAbove(sequence);

    /// <summary>The lowest number of a group that has come, or null. Under the lock.</summary>
    internal ulong? LowestSequence => _sequences.Lowest;

    /// <summary>One above the highest number so far. Under the lock.</summary>
    internal ulong NextSequence => _nextSequence;

    /// <summary>True if every group so far had a higher number than those before it. Under the lock.</summary>
    internal bool IsInOrder { get; private set; } = true;

    /// <summary>What a group costs on average once it is over, or 0 while none is. Under the lock.</summary>
    internal long AverageGroupCost { get; private set; }

    /// <summary>The highest number of a group that has come, or null. Under the lock.</summary>
    internal ulong? HighestSequence => _sequences.Highest;

    /// <summary>The lowest number of a group that has not begun to come and still may, or null where that is not known. Under the lock.</summary>
    internal ulong? FirstToCome => _sequences.FirstToCome(IsWhole ? null : OvertakenFor);

    /// <summary>A writer that waits goes on once there is room for a while: waking it for each frame that is read costs more than writing it. Under the lock.</summary>
    internal bool HasRoomAgain(GroupProducer? group) => MayWriteMore(WakeBytes, Options.MaxCachedGroups - (Options.MaxCachedGroups / 8), group);

    private long WakeBytes => Options.MaxCachedBytes - (Options.MaxCachedBytes / 8);

    /// <summary>The number that the publisher says it begins with, or null. Under the lock.</summary>
    internal ulong? FirstSequence => _sequences.Begin;

    /// <summary>How long a missing group is waited for in sequence order where the reader does not say. Under the lock.</summary>
    internal TimeSpan Patience => Cache.MaxAge != Timeout.InfiniteTimeSpan && Cache.MaxAge < Options.SlowReaderLimit ? Cache.MaxAge : Options.SlowReaderLimit;

    /// <summary>Begins the next group: its number is one above the highest, 0 first. On a lossless track use <see cref="AppendGroupAsync"/>, which waits for room.</summary>
    /// <exception cref="InvalidOperationException">The track is lossless and its slowest reader has left no room: it would have to wait.</exception>
    /// <exception cref="MoqStreamException">The track is over; the code tells.</exception>
    public GroupProducer AppendGroup()
    {
        lock (Gate)
        {
            if (Options.Lossless && !MayWrite(null))
                throw new InvalidOperationException($"Track '{Name}' is lossless and its readers have left no room: a synchronous call cannot wait for it. Use {nameof(AppendGroupAsync)}.");
            return Create(_nextSequence);
        }
    }

    /// <summary>Begins the next group, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="cancellationToken">Ends the wait; no group is begun.</param>
    /// <exception cref="MoqStreamException">The track is over; the code tells.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<GroupProducer> AppendGroupAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Options.Lossless)
            await WaitForRoomAsync(null, cancellationToken).ConfigureAwait(false);
        lock (Gate)
            return Create(_nextSequence);
    }

    /// <summary>
    /// Begins the group with this number. Numbers may come in any order and need not be complete; of more than 127 gaps at once the lowest is given up, and its numbers are as if they had been in use.
    /// </summary>
    /// <param name="sequence">0 to <see cref="MaxSequence"/>.</param>
    /// <exception cref="MoqStreamException">The number is in use or too high, or the track is over; the code tells.</exception>
    public GroupProducer CreateGroup(ulong sequence)
    {
        lock (Gate)
            return Create(sequence);
    }

    /// <summary>The same for a number that may have come before.</summary>
    /// <returns>Null if it has, or was given up.</returns>
    internal GroupProducer? TryCreateGroup(ulong sequence)
    {
        lock (Gate)
            return End is null && _sequences.Covers(sequence, sequence) ? null : Create(sequence);
    }

    /// <summary>Ends the track after the groups it has; those that are open can still be written. Who comes later still reads what is kept, until the track is disposed or its broadcast ends. Again changes nothing.</summary>
    public void Finish() => EndWith(new TrackEnd(null));

    /// <summary>Gives the track up. Readers take the groups that are finished, then get the code. Changes nothing on a track that is over.</summary>
    /// <param name="code">What readers are told.</param>
    public void Abort(MoqErrorCode code) =>
        Fail(code, () => new MoqStreamException(code, $"Track '{Name}' was given up by its producer, with code {code}."));

    /// <summary>Aborts the track with <see cref="MoqErrorCode.Dropped"/> unless it is over, and keeps nothing for who comes later; who reads it now reads on.</summary>
    public void Dispose()
    {
        Abort(MoqErrorCode.Dropped);
        KeepNoLonger();
    }

    /// <summary>Waits until somebody reads the track: the moment to start producing. A reader that comes and goes at once is seen too.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MoqException">The track was given up, or finished and disposed, and nobody reads it; the code tells.</exception>
    public ValueTask WaitForSubscriberAsync(CancellationToken cancellationToken = default) => _demand.WaitForSomebodyAsync(cancellationToken);

    /// <summary>Waits until at least so many read the track at one time: on a lossless track, what is written then reaches all of them from the beginning.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MoqException">The track was given up, or finished and disposed; the code tells.</exception>
    public ValueTask WaitForSubscribersAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _demand.WaitForSeveralAsync(count, cancellationToken);
    }

    /// <summary>Waits until nobody reads the track: the moment to stop producing, or, after <see cref="Finish"/>, to leave.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitForNoSubscriberAsync(CancellationToken cancellationToken = default) => _demand.WaitForNobodyAsync(cancellationToken);

    /// <summary>Ends the track with a failure of the caller's making.</summary>
    internal void Fail(MoqErrorCode code, Func<MoqException> failure)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            foreach (var (_, group) in Cache)
                group.Abort(code, isRemote: false);
        }

        EndWith(new TrackEnd(failure));
    }

    /// <summary>Says that the track is received: how far its readers are is counted from now on.</summary>
    internal void SetFlow(IReceiveFlow flow)
    {
        lock (Gate)
        {
            Flow = flow;
            // How old a group may be is the publisher's word.
            Cache.MaxAge = Timeout.InfiniteTimeSpan;
            Readers.AreMeasured = true;
        }
    }

    /// <summary>The publisher of a received track has answered.</summary>
    internal void OnAnswered()
    {
        lock (Gate)
        {
            IsAnswered = true;
            Flow?.OnUnreadChanged();
            Readers.Wake();
        }
    }

    /// <summary>The publisher's first group is this one: what is missing from there on has been missed.</summary>
    internal void BeginAt(ulong sequence)
    {
        lock (Gate)
            _sequences.BeginAt(sequence);
    }

    /// <summary>The publisher had nothing when it answered, and says of this group that it will not come: unless a lower one has come, that is where it began.</summary>
    internal void BeginAtDropped(ulong sequence)
    {
        lock (Gate)
        {
            if (_sequences.Lowest is not { } lowest || sequence < lowest)
                _sequences.BeginAt(sequence);
        }
    }

    /// <summary>The publisher has dropped these groups: nobody waits for them.</summary>
    internal void GiveUp(ulong first, ulong last)
    {
        lock (Gate)
        {
            foreach (var cursor in Readers)
                cursor.OnGivenUp(first, last);
            _sequences.GiveUp(first, last);
            Readers.Wake();
            if (_sequences.Excess is { } gap)
                GiveUp(gap.First, gap.Last);
        }
    }

    /// <summary>Groups that have not come here and were not given up: more than merely overtaken, or all that are missing once the track is over. Under the lock.</summary>
    /// <param name="from">Those below do not count.</param>
    internal long MissingUpstream(ulong? from) => Flow is null ? 0 : End is null ? _sequences.OpenFor(OvertakenFor, from) : _sequences.OpenFrom(from);

    /// <summary>How many groups above this one, above which none has come, were given up. Under the lock.</summary>
    internal long GivenUpBeyond(ulong? newest) => newest is { } last && HighestSequence is { } highest && highest > last ? (long)(highest - last) - NotCome(last + 1, highest) : 0;

    /// <summary>How many of these groups have not come, and were not given up. Under the lock.</summary>
    internal long NotCome(ulong first, ulong last) => Flow is null ? 0 : _sequences.Uncovered(first, last);

    /// <summary>What the readers want together. Under the lock.</summary>
    internal SubscribeOptions? CombinedOptions()
    {
        SubscribeOptions? combined = null;
        foreach (var cursor in Readers)
            combined = combined is null ? cursor.Options : Combine(combined, cursor.Options);
        return combined;
    }

    /// <summary>A reader that begins at the newest group there is, from its first frame, or as its options say.</summary>
    internal TrackCursor OpenCursor(SubscribeOptions? options = null, bool isForPeer = false)
    {
        options ??= SubscribeOptions.Default;
        lock (Gate)
        {
            var cursor = new TrackCursor(this, options.Start.Sequence is null ? Cache.NewestIndex : Cache.Start, options, isForPeer);
            Readers.Add(cursor);
            Flow?.OnDemandChanged();
            // What is kept for those who come later keeps nobody waiting any more: only what this reader has to read does.
            WakeWaiters();
            return cursor;
        }
    }

    /// <summary>True while a frame of this group, or for null another group, need not wait. Who waits already goes first. Under the lock.</summary>
    internal bool MayWrite(GroupProducer? group) => IsWriteOver(group) || (!_writers.IsAny && MayWriteMore(Options.MaxCachedBytes, Options.MaxCachedGroups, group));

    /// <summary>True if a write can only fail. Under the lock.</summary>
    internal bool IsWriteOver(GroupProducer? group) => End is not null || group is { IsOpen: false };

    /// <summary>Under the lock.</summary>
    internal void Remove(TrackCursor cursor)
    {
        Readers.Remove(cursor);
        Trim();
        Flow?.OnDemandChanged();
        WakeWaiters();
    }

    /// <summary>A reader has taken or passed something. Under the lock.</summary>
    /// <param name="before">What it had not read before.</param>
    /// <param name="after">What it has not read now.</param>
    internal void OnProgress(long before, long after)
    {
        Flow?.OnUnreadChanged();
        // Only the step over the edge can be what the writer waits for.
        if ((before >= WakeBytes && after < WakeBytes) || after == 0)
            _writers.WakeFirst();
    }

    /// <summary>A reader has done with a group. Under the lock.</summary>
    internal void OnGroupProgress() => _writers.WakeFirst();

    /// <summary>A reader has read all there is of a group and waits for more. Under the lock.</summary>
    internal void OnStarving(GroupProducer group)
    {
        Flow?.OnStarving(group);
        if (_writers.IsAny)
            _writers.WakeAll(group);
    }

    /// <summary>A reader has passed the group or given it back: it may not be needed any more. Under the lock.</summary>
    internal void OnPassed(GroupProducer group)
    {
        if (Flow is null && !Options.Lossless && (End is null || Readers.Count > 0))
            return;
        if (IsUnneeded(group))
            Forget(group);
        if (End is not null && Readers.Count == 0)
            Trim();
        _demand.Wake();
    }

    /// <summary>A group gets no more frames. Under the lock.</summary>
    internal void OnGroupOver(GroupProducer group)
    {
        _writers.WakeAll(group);
        // Of the last groups rather than of all: what comes next is like them.
        AverageGroupCost = AverageGroupCost == 0 ? group.Cost : AverageGroupCost + ((group.Cost - AverageGroupCost) / 16);
        Flow?.OnUnreadChanged();
        if (Options.Lossless && IsUnneeded(group))
            Forget(group);
    }

    /// <summary>Memory was taken for a frame. Under the lock.</summary>
    internal void OnWritten(GroupProducer group, long cost)
    {
        Readers.OnWritten(cost);
        Cache.Charge(cost);
        MakeRoom(group);
        Flow?.OnUnreadChanged();
    }

    /// <summary>Memory is held for a frame of the group that has not come whole yet, or, below 0, no longer. Under the lock.</summary>
    internal void OnPartial(GroupProducer group, long bytes)
    {
        if (Flow is null || bytes == 0)
            return;
        PartialBytes += bytes;
        Cache.Charge(bytes);
        // A larger frame may change what is kept at most.
        Flow.OnUnreadChanged();
        if (bytes <= 0)
            return;
        MakeRoom(group);
        Flow.OnUnreadChanged();
    }

    /// <summary>The memory of frames that have not come whole yet. Under the lock.</summary>
    internal long PartialBytes { get; private set; }

    /// <summary>The most bytes that a frame has had of which the payload comes piece by piece. Under the lock.</summary>
    internal int LargestFrame { get; set; }

    /// <summary>True once the publisher of a received track has answered: what it says of the track, and where it begins, is known. Groups may come before. Under the lock.</summary>
    internal bool IsAnswered { get; private set; }

    /// <summary>True for a received track whose publisher says that it drops nothing: a reader that misses a group here is cut off and not merely told. Under the lock.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>A group is dropped: of a track that must arrive whole, those who have not read it cannot go on. Under the lock.</summary>
    internal void CutLosslessReadersOf(GroupProducer group)
    {
        if (!IsWhole)
            return;
        foreach (var cursor in Readers)
        {
            if (cursor.CutOff is null && (!cursor.HasPassed(group.Index) || group.ReaderOf(cursor) is not null))
                cursor.Cut(MoqErrorCode.SlowReader);
        }
    }

    /// <summary>Memory was let go of. Under the lock.</summary>
    internal void OnReleased(long bytes)
    {
        Cache.Charge(-bytes);
        _writers.WakeFirst();
    }

    /// <summary>On a lossless track: waits until the slowest reader has made room for a frame of this group, or for null for another group.</summary>
    internal ValueTask WaitForRoomAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (MayWrite(group))
                return default;
        }

        return _writers.WaitAsync(group, cancellationToken);
    }

    /// <summary>A reader was cut off. Under the lock.</summary>
    internal void OnCutOff()
    {
        Trim();
        WakeWaiters();
    }

    private static SubscribeOptions Combine(SubscribeOptions one, SubscribeOptions other) => new()
    {
        Order = one.Order == other.Order ? one.Order : GroupOrder.Arrival,
        Priority = Math.Max(one.Priority, other.Priority),
        MaxLatency = one.AcceptedLatency is { } first && other.AcceptedLatency is { } second ? (first > second ? first : second) : null,
        Start = one.Start.Sequence is { } from && (other.Start.Sequence is not { } otherFrom || from < otherFrom) ? one.Start : other.Start,
    };

    private GroupProducer Create(ulong sequence)
    {
        if (End is { } end)
            throw Over(end);
        if (sequence > MaxSequence)
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"Track '{Name}' can have no group above {MaxSequence}: {sequence} was asked for.");
        IsInOrder &= HighestSequence is not { } highest || sequence > highest;
        if (!_sequences.TryAdd(sequence))
            throw new MoqStreamException(MoqErrorCode.Duplicate, $"Track '{Name}' has had a group {sequence} already, or has given the number up because too many are missing. Use a number that is higher.");
        if (_sequences.Excess is { } gap)
            GiveUp(gap.First, gap.Last);
        var group = new GroupProducer(this, sequence, Runtime.GetTimestamp());
        var newest = Cache.Newest;
        Cache.Add(group);
        Readers.OnBegun(group.Cost);
        _nextSequence = Math.Max(_nextSequence, sequence + 1);
        Cache.DropOld();
        MakeRoom(group);
        // What was kept for those who come later is not the newest any more.
        if (newest is not null && newest != Cache.Newest && (Flow is not null || Options.Lossless) && IsUnneeded(newest))
            Forget(newest);
        Readers.Wake();
        Flow?.OnUnreadChanged();
        return group;
    }

    /// <param name="bytes">How much a reader may have to read.</param>
    /// <param name="groups">How many groups a reader may have to read before another one may be begun.</param>
    /// <param name="group">The group that a frame is for, or null for another group.</param>
    private bool MayWriteMore(long bytes, long groups, GroupProducer? group)
    {
        if (!Options.Lossless)
            return true;
        if (Readers.Count > 0)
            return Readers.LeaveRoom(bytes, group is null ? groups : long.MaxValue, group);
        return Options.DropsWithoutReaders || (Cache.Bytes < Options.MaxCachedBytes && (group is not null || Cache.Count < Options.MaxCachedGroups));
    }

    /// <summary>True if every reader has passed the group and it is not the one that those who come later begin with. Under the lock.</summary>
    private bool IsUnneeded(GroupProducer group) =>
        !group.HasReaders && group != Cache.Newest && (Flow is not null || !group.IsOpen) && Cache[group.Index] == group && Readers.HaveAllPassed(group.Index);

    private void Forget(GroupProducer group)
    {
        Cache.Remove(group);
        group.Forget();
    }

    /// <summary>True if nobody who comes later finds anything. Under the lock.</summary>
    internal bool IsGivenUp(TrackEnd end) => _isLeft || end.Failure is not null;

    /// <summary>What is thrown at who wants more of a track that is over.</summary>
    internal MoqException Over(TrackEnd end) =>
        end.Failure?.Invoke() ?? new MoqStreamException(MoqErrorCode.Closed, $"Track '{Name}' is finished. To go on, create a track of that name again.");

    private void EndWith(TrackEnd end)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            End = end;
            _writers.Dispose();
            Cache.Dispose();
            Trim();
            Readers.Wake();
            WakeWaiters();
        }
    }

    /// <summary>Live, or lossless with nobody to lose anything: what is too much goes.</summary>
    private void MakeRoom(GroupProducer writing)
    {
        if (!Options.Lossless || (Readers.Count == 0 && Options.DropsWithoutReaders))
            Cache.MakeRoom(writing, IsWhole);
    }

    /// <summary>Nobody comes later: what is kept for them goes once the track is over and its readers have gone.</summary>
    internal void KeepNoLonger()
    {
        lock (Gate)
        {
            _isLeft = true;
            Trim();
            WakeWaiters();
        }
    }

    /// <summary>Forgets what nobody will read: everything of a track that is over, without readers and left or given up, and on a lossless or received track what every reader has read.</summary>
    private void Trim()
    {
        var isGivenUp = End is { } end && IsGivenUp(end);
        if (isGivenUp)
            ReaderCount.End();
        if (isGivenUp && Readers.Count == 0)
        {
            Cache.ForgetAll();
        }
        else if (Options.Lossless || Flow is not null)
        {
            foreach (var (_, group) in Cache)
            {
                if (IsUnneeded(group))
                    Forget(group);
            }
        }
    }

    private void WakeWaiters()
    {
        _writers.WakeFirst();
        _demand.Wake();
    }
}
