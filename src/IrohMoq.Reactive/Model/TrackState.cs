using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the state of one track, which its producer and its readers share: the groups, the readers, and the notifications between
/// them. <see cref="TrackRetention"/> decides which groups are kept, and <see cref="WriterQueue"/> which writers wait.
/// </summary>
internal sealed class TrackState
{
    private readonly TrackRetention _retention;
    private readonly long _epoch;

    public TrackState(
        string name, TrackOptions options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders, long epoch)
    {
        _epoch = epoch;
        Timescale = options.Timescale;
        Name = name;
        Options = options;
        Runtime = runtime;
        Pool = pool;
        Signals = new SignalPool(runtime);
        Cache = new GroupCache(options, runtime, Gate);
        ReaderCount = new ReaderCount(runtime, broadcastReaders);
        History = new ReaderHistory(this);
        Readers = new TrackReaders(options, runtime, ReaderCount, History);
        Sequences = new TrackSequences(this);
        Writers = new WriterQueue(this, Readers);
        _retention = new TrackRetention(this);
        Demand = new Demand(this, Readers, _retention);
    }

    public string Name { get; }

    public TrackOptions Options { get; }

    public Demand Demand { get; }

    /// <summary>Gets the number of readers of the track. Its changes can be read as a stream.</summary>
    public ReaderCount ReaderCount { get; }

    /// <summary>Gets the lock of the track and of its groups and readers.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Gets the clock that the track, its readers and its writers use.</summary>
    public Runtime Runtime { get; }

    /// <summary>
    /// Gets or sets the number of units per second of the timestamps of the frames. It is set only before the first frame arrives.
    /// </summary>
    public long Timescale { get; set; }

    /// <summary>Gets the media time at which a frame is written that has no timestamp, in units of the timescale.</summary>
    public long Now => ToUnits(Runtime.GetElapsedTime(_epoch));

    public BlockPool Pool { get; }

    /// <summary>Gets the pool of signals for waits on single groups, which are numerous and short.</summary>
    public SignalPool Signals { get; }

    /// <summary>Gets how the track ended, or null if it has not ended. The caller must hold the lock of the track.</summary>
    public TrackEnd? End { get; private set; }

    /// <summary>Gets the groups that are kept for readers. The caller must hold the lock of the track.</summary>
    public GroupCache Cache { get; }

    /// <summary>Gets the readers of the track. The caller must hold the lock of the track.</summary>
    public TrackReaders Readers { get; }

    /// <summary>Gets the latest joins and ends of readers.</summary>
    public ReaderHistory History { get; }

    /// <summary>Gets the numbers of the groups of the track. The caller must hold the lock of the track.</summary>
    public TrackSequences Sequences { get; }

    /// <summary>Gets the queue of the writers of a lossless track that wait until its readers have made room.</summary>
    public WriterQueue Writers { get; }

    /// <summary>
    /// Gets the state of a track that is received from a peer, or null if the producer is local. The caller must hold the lock of the
    /// track.
    /// </summary>
    public ReceivedTrack? Received { get; private set; }

    /// <summary>
    /// Gets a value indicating whether the track is received and its readers must not miss a group. The caller must hold the lock of the
    /// track.
    /// </summary>
    public bool IsWhole => Received is { IsWhole: true };

    /// <summary>
    /// Gets the average cost of the latest groups that ended, in bytes, or 0 if no group has ended. The caller must hold the lock of the
    /// track.
    /// </summary>
    public long AverageGroupCost { get; private set; }

    /// <summary>Returns a time in units of the timescale.</summary>
    public long ToUnits(TimeSpan time) => MediaTime.ToUnits(time, Timescale);

    /// <summary>
    /// Returns the number of the oldest group in the cache that is not older than the newest group by a time, or null if there is no group.
    /// The age of a group is the difference between the media times of the newest frame of the newest group and of the first frame of its
    /// successor: until then it can be played. See moq-lite-06, "Expiration".
    /// </summary>
    public ulong? FirstYoungerThan(TimeSpan age)
    {
        lock (Gate)
        {
            if (Cache.Newest is not { } newest)
                return null;
            var limit = ToUnits(age);
            var latest = newest.LatestTimestamp;
            var start = newest.Sequence;
            var reach = newest.FirstTimestamp;
            var groups = new List<GroupProducer>();
            foreach (var (_, group) in Cache)
                groups.Add(group);
            foreach (var group in groups.OrderByDescending(static group => group.Sequence).Skip(1))
            {
                if (latest - reach >= limit)
                    break;
                start = group.Sequence;
                reach = group.FirstTimestamp ?? reach;
            }

            return start;
        }
    }

    /// <summary>Ends the track with a failure. Has no effect on a track that has ended.</summary>
    public void Fail(MoqErrorCode code, Func<MoqException> failure)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            foreach (var (_, group) in Cache)
                group.AbortWithTrack(code);
        }

        EndWith(new TrackEnd(failure));
    }

    /// <summary>
    /// Stops keeping groups for later readers: the groups are removed when the track has ended and its readers have left.
    /// </summary>
    public void KeepNoLonger()
    {
        lock (Gate)
        {
            _retention.Close();
            TrimAndWake();
        }
    }

    /// <summary>Marks the track as received from a peer. From now on, the progress of its readers is measured.</summary>
    public ReceivedTrack SetFlow(IReceiveFlow flow)
    {
        lock (Gate)
        {
            Received = new ReceivedTrack(flow);
            // The publisher determines how long a group is kept.
            Cache.MaxAge = Timeout.InfiniteTimeSpan;
            Readers.AreMeasured = true;
            return Received;
        }
    }

    /// <summary>Records that the publisher of a received track has answered the subscription.</summary>
    public void OnAnswered()
    {
        lock (Gate)
        {
            if (Received is not { } received)
                return;
            received.IsAnswered = true;
            received.Flow.OnUnreadChanged();
            Readers.Wake();
        }
    }

    /// <summary>
    /// Records that the groups from <paramref name="first"/> to <paramref name="last"/> will not arrive, so that no reader waits for
    /// them.
    /// </summary>
    public void GiveUp(ulong first, ulong last)
    {
        lock (Gate)
        {
            foreach (var cursor in Readers)
                cursor.OnGivenUp(first, last);
            Sequences.GiveUp(first, last);
            Readers.Wake();
            if (Sequences.Excess is { } gap)
                GiveUp(gap.First, gap.Last);
        }
    }

    /// <summary>
    /// Adds a reader. By default, the reader begins with the first frame of the newest group; the options can specify another start.
    /// </summary>
    public TrackCursor OpenCursor(SubscribeOptions? options = null, ReadOnlyMemory<byte>? peerId = null)
    {
        options ??= SubscribeOptions.Default;
        lock (Gate)
        {
            var cursor = new TrackCursor(this, options.Start.Sequence is null ? Cache.NewestIndex : Cache.Start, options, peerId);
            Readers.Add(cursor);
            Received?.Flow.OnDemandChanged();
            // Writers wait for this reader now, and no longer for room that is kept for later readers.
            WakeWaiters();
            return cursor;
        }
    }

    /// <summary>Removes a reader. The caller must hold the lock of the track.</summary>
    public void Remove(TrackCursor cursor, TrackReaderEnd end)
    {
        Readers.Remove(cursor, end);
        Received?.Flow.OnDemandChanged();
        TrimAndWake();
    }

    /// <summary>Called when a reader has read or passed something. The caller must hold the lock of the track.</summary>
    /// <param name="before">The cost, in bytes, of what the reader had not read before.</param>
    /// <param name="after">The cost, in bytes, of what the reader has not read now.</param>
    public void OnProgress(long before, long after)
    {
        Received?.Flow.OnUnreadChanged();
        Writers.OnProgress(before, after);
    }

    /// <summary>
    /// Called when a reader has read everything available of a group and waits for more. The caller must hold the lock of the track.
    /// </summary>
    public void OnStarving(GroupProducer group)
    {
        Received?.Flow.OnStarving(group);
        if (Writers.IsAny)
            Writers.WakeAll(group);
    }

    /// <summary>
    /// Called when a reader has passed or released a group, which may not be needed any more. The caller must hold the lock of the track.
    /// </summary>
    public void OnPassed(GroupProducer group)
    {
        if (Received is null && !Options.Lossless && (End is null || Readers.Count > 0))
            return;
        _retention.OnPassed(group);
        Demand.Wake();
    }

    /// <summary>Called when a group receives no more frames. The caller must hold the lock of the track.</summary>
    public void OnGroupOver(GroupProducer group)
    {
        Writers.WakeAll(group);
        // Averages the last groups rather than all, because the next groups are likely to resemble them.
        AverageGroupCost = AverageGroupCost == 0 ? group.Cost : AverageGroupCost + ((group.Cost - AverageGroupCost) / 16);
        Received?.Flow.OnUnreadChanged();
        _retention.OnGroupOver(group);
    }

    /// <summary>Called when memory was used for a frame. The caller must hold the lock of the track.</summary>
    public void OnWritten(GroupProducer group, long cost)
    {
        Readers.OnWritten(cost);
        Cache.Charge(cost);
        _retention.MakeRoom(group);
        Received?.Flow.OnUnreadChanged();
    }

    /// <summary>Called when the memory of a partially received frame has changed. The caller must hold the lock of the track.</summary>
    /// <param name="group">The group of the frame.</param>
    /// <param name="held">The memory, in bytes, that the frame uses now.</param>
    /// <param name="change">The change of this memory, in bytes.</param>
    public void OnPartial(GroupProducer group, int held, int change)
    {
        if (Received is not { } received)
            return;
        received.CountPartial(held, change);
        Cache.Charge(change);
        // A larger frame may change the maximum memory of the cache.
        received.Flow.OnUnreadChanged();
        if (change <= 0)
            return;
        _retention.MakeRoom(group);
        received.Flow.OnUnreadChanged();
    }

    /// <summary>Called when a group was dropped. The caller must hold the lock of the track.</summary>
    public void OnDropped(GroupProducer group)
    {
        _retention.CutLosslessReadersOf(group);
        Readers.OnDropped(group);
    }

    /// <summary>Called when memory was released. The caller must hold the lock of the track.</summary>
    public void OnReleased(long bytes)
    {
        Cache.Charge(-bytes);
        Writers.WakeFirst();
    }

    /// <summary>Creates a group with the specified number. The caller must hold the lock of the track.</summary>
    public GroupProducer CreateGroup(ulong sequence)
    {
        if (End is { } end)
            throw end.ToException(Name);
        if (sequence > TrackProducer.MaxSequence)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"Track '{Name}' can have no group above {TrackProducer.MaxSequence}: {sequence} was asked for.");
        }

        if (!Sequences.TryAdd(sequence))
        {
            throw new MoqStreamException(
                MoqErrorCode.Duplicate,
                $"Track '{Name}' has had a group {sequence} already, or has given the number up because too many are missing. "
                + "Use a number that is higher.");
        }

        if (Sequences.Excess is { } gap)
            GiveUp(gap.First, gap.Last);
        var group = new GroupProducer(this, sequence, Runtime.GetTimestamp());
        _retention.Add(group);
        Readers.Wake();
        Received?.Flow.OnUnreadChanged();
        return group;
    }

    /// <summary>Ends the track. A second call has no effect.</summary>
    public void EndWith(TrackEnd end)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            End = end;
            Writers.Dispose();
            Cache.Dispose();
            _retention.Trim();
            Readers.Wake();
            WakeWaiters();
        }
    }

    /// <summary>
    /// Removes the groups that no reader will read, and wakes the callers that wait for readers or for room to write. The caller must
    /// hold the lock of the track.
    /// </summary>
    public void TrimAndWake()
    {
        _retention.Trim();
        WakeWaiters();
    }

    private void WakeWaiters()
    {
        Writers.WakeFirst();
        Demand.Wake();
    }
}
