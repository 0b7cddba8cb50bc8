using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the state of one track, which its producer and its readers share: the groups, the readers, and the notifications between
/// them. <see cref="TrackRetention"/> decides which groups are kept, and <see cref="WriterQueue"/> which writers wait.
/// </summary>
internal sealed partial class TrackState
{
    private readonly TrackRetention _retention;
    private readonly long _epoch;

    /// <param name="name">The name of the track.</param>
    /// <param name="options">The options of the track, or null if <see cref="Describe"/> sets them later.</param>
    /// <param name="runtime">The clock.</param>
    /// <param name="pool">The pool that provides the memory of frames.</param>
    /// <param name="broadcastReaders">The number of readers of the broadcast.</param>
    /// <param name="epoch">The time at which the media time is 0.</param>
    public TrackState(
        string name, TrackOptions? options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders, long epoch)
    {
        _epoch = epoch;
        IsDescribed = options is not null;
        options ??= TrackOptions.Default;
        Timescale = options.Timescale;
        Priority = options.Priority;
        Name = name;
        Options = options;
        Runtime = runtime;
        Pool = options.Budget?.Pool ?? pool;
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

    /// <summary>Gets the options of the track. They do not change any more when the track is not pending.</summary>
    public TrackOptions Options { get; private set; }

    /// <summary>
    /// Gets a value indicating whether the options are known. They are not while the track is requested or its name is reserved. The caller
    /// must hold the lock of the track.
    /// </summary>
    public bool IsDescribed { get; private set; }

    /// <summary>Gets a value indicating whether the track has ended and a reader that joins now finds no groups.</summary>
    public bool IsGivenUp
    {
        get
        {
            lock (Gate)
                return End is { } end && _retention.IsGivenUp(end);
        }
    }

    /// <summary>Gets a value indicating whether the track has had readers, and has none.</summary>
    public bool IsLeft
    {
        get
        {
            lock (Gate)
                return Readers.Count == 0 && Readers.Arrivals > 0;
        }
    }

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

    /// <summary>
    /// Gets the priority that the publisher has given the track. It is set only before the first frame arrives.
    /// </summary>
    public byte Priority { get; private set; }

    /// <summary>Gets the media time at which a frame is written that has no timestamp, in units of the timescale.</summary>
    public long Now => ToUnits(Runtime.GetElapsedTime(_epoch));

    /// <summary>Gets the pool that provides the memory of frames.</summary>
    public BlockPool Pool { get; private set; }

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

    /// <summary>Returns the media time of a frame of a producer that states it. Groups are then too old by media time.</summary>
    public long ToMediaTime(TimeSpan time)
    {
        var units = ToUnits(time);
        Cache.HasMediaTime = true;
        return units;
    }

    private long ToUnits(TimeSpan time) => MediaTime.ToUnits(time, Timescale);

    /// <summary>Sets the options of a track that was pending, before its first group, and wakes its readers.</summary>
    public void Describe(TrackOptions options)
    {
        lock (Gate)
        {
            IsDescribed = true;
            Options = options;
            Timescale = options.Timescale;
            Priority = options.Priority;
            Pool = options.Budget?.Pool ?? Pool;
            Cache.Describe(options);
            Readers.Describe(options);
            Readers.Wake();
        }
    }

    /// <summary>
    /// Applies the properties by which the frames of a received track are read and sent on, before the first frame arrives.
    /// </summary>
    public void Apply(TrackProperties properties)
    {
        lock (Gate)
            (Timescale, Priority) = (properties.Timescale, properties.Priority);
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

    /// <summary>
    /// Adds a reader. By default, the reader begins with the first frame of the newest group; the options can specify another start.
    /// </summary>
    public TrackCursor OpenCursor(SubscribeOptions? options = null, Requester? peer = null)
    {
        options ??= SubscribeOptions.Default;
        lock (Gate)
        {
            var cursor = new TrackCursor(this, options.Start.Sequence is null ? Cache.NewestIndex : Cache.Start, options, peer);
            if (Received is { LiveFrom: { } live })
                cursor.BeginNotBefore(live);
            Readers.Add(cursor);
            RequestEarlier();
            Received?.Flow.OnDemandChanged();
            // Writers wait for this reader now, and no longer for room that is kept for later readers.
            WakeWaiters();
            return cursor;
        }
    }

    /// <summary>Returns the peers for which the track is read.</summary>
    public IReadOnlyList<Requester> ReadingPeers()
    {
        lock (Gate)
            return Readers.Peers();
    }

    /// <summary>Stops serving a peer.</summary>
    public void CutOff(Requester peer, MoqErrorCode code)
    {
        lock (Gate)
        {
            Readers.CutOff(peer, code);
            Received?.Flow.OnDemandChanged();
            TrimAndWake();
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
