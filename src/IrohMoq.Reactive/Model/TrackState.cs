using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The state of one track, which its producer and its readers share: its groups, its readers, and what each of them has to know of the
/// others. Its parts decide: <see cref="TrackRetention"/> what is kept, <see cref="WriterQueue"/> which writers wait.
/// </summary>
internal sealed class TrackState
{
    private readonly TrackRetention _retention;

    public TrackState(string name, TrackOptions options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders)
    {
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

    /// <summary>Gets the number of readers as a stream of changes.</summary>
    public ReaderCount ReaderCount { get; }

    /// <summary>Gets the lock of the track and of its groups and readers.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Gets the clock of the track, on which its readers and writers wait.</summary>
    public Runtime Runtime { get; }

    public BlockPool Pool { get; }

    /// <summary>Gets the signals for waits on one group, which are many and short.</summary>
    public SignalPool Signals { get; }

    /// <summary>Gets how the track ended, or null. The caller must hold the lock.</summary>
    public TrackEnd? End { get; private set; }

    /// <summary>Gets the groups that are kept for readers. The caller must hold the lock.</summary>
    public GroupCache Cache { get; }

    /// <summary>Gets the readers. The caller must hold the lock.</summary>
    public TrackReaders Readers { get; }

    /// <summary>Gets the readers that joined or ended last.</summary>
    public ReaderHistory History { get; }

    /// <summary>Gets the numbers of the groups. The caller must hold the lock.</summary>
    public TrackSequences Sequences { get; }

    /// <summary>Gets the writers that wait for room, where the track is lossless.</summary>
    public WriterQueue Writers { get; }

    /// <summary>
    /// Gets what is known of a track that is received from a peer, or null if it is produced here. The caller must hold the lock.
    /// </summary>
    public ReceivedTrack? Received { get; private set; }

    /// <summary>Gets a value indicating whether the track is received and must arrive whole. The caller must hold the lock.</summary>
    public bool IsWhole => Received is { IsWhole: true };

    /// <summary>Gets the average cost of a finished group, or 0 while there is none. The caller must hold the lock.</summary>
    public long AverageGroupCost { get; private set; }

    /// <summary>Ends the track with a failure.</summary>
    public void Fail(MoqErrorCode code, Func<MoqException> failure)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            foreach (var (_, group) in Cache)
                group.Abort(code);
        }

        EndWith(new TrackEnd(failure));
    }

    /// <summary>Keeps nothing for later readers: what is kept goes once the track is over and its readers have left.</summary>
    public void KeepNoLonger()
    {
        lock (Gate)
        {
            _retention.Close();
            TrimAndWake();
        }
    }

    /// <summary>Makes the track one that is received: how far its readers are is counted from now on.</summary>
    public ReceivedTrack SetFlow(IReceiveFlow flow)
    {
        lock (Gate)
        {
            Received = new ReceivedTrack(flow);
            // The publisher says how long a group is kept.
            Cache.MaxAge = Timeout.InfiniteTimeSpan;
            Readers.AreMeasured = true;
            return Received;
        }
    }

    /// <summary>Notes that the publisher of a received track has answered.</summary>
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

    /// <summary>Notes that these groups will not come: no reader waits for them.</summary>
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

    /// <summary>Adds a reader. It begins at the newest group, from its first frame, or as its options say.</summary>
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

    /// <summary>Removes a reader. The caller must hold the lock.</summary>
    public void Remove(TrackCursor cursor, TrackReaderEnd end)
    {
        Readers.Remove(cursor, end);
        Received?.Flow.OnDemandChanged();
        TrimAndWake();
    }

    /// <summary>A reader has taken or passed something. The caller must hold the lock.</summary>
    /// <param name="before">The memory, in bytes, that it had not read before.</param>
    /// <param name="after">The memory, in bytes, that it has not read now.</param>
    public void OnProgress(long before, long after)
    {
        Received?.Flow.OnUnreadChanged();
        Writers.OnProgress(before, after);
    }

    /// <summary>A reader has read all there is of a group and waits for more. The caller must hold the lock.</summary>
    public void OnStarving(GroupProducer group)
    {
        Received?.Flow.OnStarving(group);
        if (Writers.IsAny)
            Writers.WakeAll(group);
    }

    /// <summary>A reader has passed a group or given it back: it may not be needed any more. The caller must hold the lock.</summary>
    public void OnPassed(GroupProducer group)
    {
        if (Received is null && !Options.Lossless && (End is null || Readers.Count > 0))
            return;
        _retention.OnPassed(group);
        Demand.Wake();
    }

    /// <summary>A group gets no more frames. The caller must hold the lock.</summary>
    public void OnGroupOver(GroupProducer group)
    {
        Writers.WakeAll(group);
        // Of the last groups rather than of all: the next ones are like them.
        AverageGroupCost = AverageGroupCost == 0 ? group.Cost : AverageGroupCost + ((group.Cost - AverageGroupCost) / 16);
        Received?.Flow.OnUnreadChanged();
        _retention.OnGroupOver(group);
    }

    /// <summary>Memory was taken for a frame. The caller must hold the lock.</summary>
    public void OnWritten(GroupProducer group, long cost)
    {
        Readers.OnWritten(cost);
        Cache.Charge(cost);
        _retention.MakeRoom(group);
        Received?.Flow.OnUnreadChanged();
    }

    /// <summary>The memory of a frame that has come in part has changed. The caller must hold the lock.</summary>
    /// <param name="group">The group of the frame.</param>
    /// <param name="held">The memory that the frame takes now.</param>
    /// <param name="change">The difference to before.</param>
    public void OnPartial(GroupProducer group, int held, int change)
    {
        if (Received is not { } received)
            return;
        received.CountPartial(held, change);
        Cache.Charge(change);
        // A larger frame may change what is kept at most.
        received.Flow.OnUnreadChanged();
        if (change <= 0)
            return;
        _retention.MakeRoom(group);
        received.Flow.OnUnreadChanged();
    }

    /// <summary>A group was dropped. The caller must hold the lock.</summary>
    public void OnDropped(GroupProducer group)
    {
        _retention.CutLosslessReadersOf(group);
        Readers.OnDropped(group);
    }

    /// <summary>Memory was given back. The caller must hold the lock.</summary>
    public void OnReleased(long bytes)
    {
        Cache.Charge(-bytes);
        Writers.WakeFirst();
    }

    /// <summary>Begins a group. The caller must hold the lock.</summary>
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

    /// <summary>Forgets what no reader will read, and wakes those that wait for readers or room. The caller must hold the lock.</summary>
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
