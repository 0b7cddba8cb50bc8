using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a set of tracks that is published under a name. The name is assigned when the broadcast is published. All members are
/// thread-safe. A broadcast that is disposed before it is finished ends with <see cref="MoqErrorCode.Dropped"/>.
/// </summary>
public sealed partial class BroadcastProducer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Runtime _runtime;
    private readonly BlockPool _pool;
    private readonly long _epoch;
    // These are created on demand: a peer may announce thousands of broadcasts that nobody reads.
    private TrackTable _tracks;
    private ReaderCount? _readerCount;
    private bool _isPublished;

    /// <summary>Initializes a new instance of the class that uses the system clock and the shared memory pool.</summary>
    public BroadcastProducer()
        : this(ThreadPoolRuntime.Instance)
    {
    }

    /// <summary>Initializes a new instance of the class that uses the specified clock, for example one in virtual time.</summary>
    /// <param name="runtime">The clock that the tracks, their readers and their writers use.</param>
    /// <param name="pool">The pool that provides the memory of frames, or null for the shared pool.</param>
    public BroadcastProducer(Runtime runtime, BlockPool? pool = null)
    {
        _runtime = runtime;
        _pool = pool ?? BlockPool.Shared;
        _epoch = runtime.GetTimestamp();
    }

    internal Runtime Runtime => _runtime;

    /// <summary>Gets the number of readers of all tracks of the broadcast. Its changes can be read as a stream.</summary>
    internal ReaderCount ReaderCount
    {
        get
        {
            lock (_gate)
            {
                if (_readerCount is null)
                {
                    _readerCount = new ReaderCount(_runtime);
                    if (_end is not null)
                        _readerCount.End();
                }

                return _readerCount;
            }
        }
    }

    /// <summary>
    /// Gets or sets the source of the tracks that are read but do not exist, and of groups that are not kept; null if the broadcast is a
    /// local one, in which a reader of a missing track is refused. It must be set before the broadcast is published.
    /// </summary>
    internal ITrackProvider? Provider { get; set; }

    /// <summary>
    /// Gets or sets the source of the broadcasts below the name under which this broadcast is published, or null if there are none. It must
    /// be set before the broadcast is published. A broadcast with several sources sets it again when they change, before it tells of that
    /// as of a change of its route.
    /// </summary>
    internal IBroadcastSource? Below { get; set; }

    /// <summary>Gets a value indicating whether this object only stands for a prefix that is announced, and has no tracks.</summary>
    internal bool IsOffer { get; init; }

    /// <summary>Gets the options of the tracks that are created when a reader requests them.</summary>
    internal TrackOptions RequestedTrackOptions { get; init; } = TrackOptions.Default;

    /// <summary>
    /// Creates a track. The name of a track that has ended can be used again. If readers have requested the track, they receive it.
    /// </summary>
    /// <param name="name">The name of the track. Any text is allowed; it is not normalized.</param>
    /// <param name="options">The options of the track, or null for the defaults.</param>
    /// <exception cref="MoqException">
    /// A track with that name has not ended (<see cref="MoqErrorCode.Duplicate"/>), or the broadcast has ended
    /// (<see cref="MoqErrorCode.Closed"/>).
    /// </exception>
    public TrackProducer CreateTrack(string name, TrackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            ThrowIfOver();
            if (FindPending(name) is { IsReserved: false } requested)
                return Accept(requested, options ?? TrackOptions.Default);
            ThrowIfInUse(name);
            return _tracks.Put(NewTrack(name, options ?? TrackOptions.Default));
        }
    }

    /// <summary>Returns an object that reads the tracks of the broadcast.</summary>
    public BroadcastConsumer Consume() => new(this);

    /// <summary>
    /// Ends the broadcast: no further track can be created. Existing tracks continue until each of them ends. A second call has no
    /// effect.
    /// </summary>
    public void Finish() => End(new BroadcastEnd(BroadcastEndCause.Finished, MoqErrorCode.Cancel));

    /// <summary>Aborts the broadcast and all of its tracks.</summary>
    /// <param name="code">The error code that readers receive.</param>
    public void Abort(MoqErrorCode code)
    {
        TrackProducer[] tracks;
        lock (_gate)
            tracks = _tracks.ToArray();
        foreach (var track in tracks)
            track.Abort(code);
        End(new BroadcastEnd(BroadcastEndCause.Aborted, code));
    }

    /// <summary>
    /// Ends the broadcast with <see cref="MoqErrorCode.Dropped"/> unless it has already ended. Existing tracks continue until each of
    /// them ends.
    /// </summary>
    public void Dispose() => End(new BroadcastEnd(BroadcastEndCause.Aborted, MoqErrorCode.Dropped));

    /// <summary>Returns the track with a name that has not ended or can still be read, or null if there is none.</summary>
    internal TrackProducer? Find(string name)
    {
        lock (_gate)
            return _tracks.Find(name) is { } track && !IsRequestedAnew(track) ? track : null;
    }

    /// <summary>
    /// Adds a reader of a track. If the track does not exist or has ended, it is created and requested, from the peer by
    /// <see cref="Provider"/> or else from the readers of requests.
    /// </summary>
    /// <param name="name">The name of the track.</param>
    /// <param name="options">The options of the reader.</param>
    /// <param name="peer">The peer for which the reader reads, or null for a local reader.</param>
    /// <param name="requester">The peer against which a request of the track is counted, if the reader is a local one.</param>
    internal TrackCursor OpenCursor(string name, SubscribeOptions options, Requester? peer = null, Requester? requester = null)
    {
        TrackProducer? requested = null;
        PendingTrack? pending = null;
        TrackCursor? cursor;
        lock (_gate)
        {
            cursor = _tracks.Find(name) is { } kept ? TryJoin(kept, options, peer) : null;
            if (cursor is null)
            {
                if (_end is not null)
                {
                    throw new MoqStreamException(
                        MoqErrorCode.Closed,
                        $"The broadcast is over, and track '{name}' with it. Subscribe again to wait for the next one of that name.");
                }

                if (Provider is not null)
                    requested = _tracks.Put(NewTrack(name, RequestedTrackOptions));
                else
                    pending = Request(name, requester ?? peer);
                cursor = (requested ?? pending!.Track).OpenCursor(options, peer);
            }
        }

        if (requested is not null)
            Provider!.Subscribe(requested);
        if (pending is not null)
            _ = WithdrawWhenUnreadAsync(pending);
        return cursor;
    }

    /// <summary>
    /// Adds a reader of a track that exists. The caller holds the lock, so that a track that is being removed for lack of readers cannot
    /// gain one meanwhile.
    /// </summary>
    /// <returns>Null if the track is requested anew.</returns>
    private TrackCursor? TryJoin(TrackProducer track, SubscribeOptions options, Requester? peer)
    {
        if (IsRequestedAnew(track))
            return null;
        // The last reader of a received track may leave until its lock is taken.
        lock (track.State.Gate)
            return Provider is not null && track.State.IsLeft ? null : track.OpenCursor(options, peer);
    }

    /// <summary>Removes a requested track from the broadcast if the track has no reader. A later reader requests the track again.</summary>
    /// <returns>False if the track has a reader.</returns>
    internal bool TryRemoveUnread(TrackProducer track)
    {
        lock (_gate)
        {
            if (track.SubscriberCount > 0)
                return false;
            Remove(track);
            return true;
        }
    }

    /// <summary>Removes a track from the broadcast. Another track that now has the same name is not affected.</summary>
    internal void Remove(TrackProducer track)
    {
        lock (_gate)
            _tracks.Remove(track);
    }

    /// <summary>Gets the number of tracks that are kept.</summary>
    internal int TrackCount
    {
        get
        {
            lock (_gate)
                return _tracks.Count;
        }
    }

    /// <summary>
    /// Called when the broadcast is published to peers: received tracks are kept for peers that have read them elsewhere.
    /// </summary>
    internal void OnPublished()
    {
        if (Volatile.Read(ref _isPublished))
            return;
        lock (_gate)
        {
            if (_isPublished)
                return;
            Volatile.Write(ref _isPublished, true);
            foreach (var track in _tracks.ToArray())
                track.State.PassOn();
        }
    }

    private TrackProducer NewTrack(string name, TrackOptions? options)
    {
        var track = new TrackProducer(name, options, _runtime, _pool, ReaderCount, _epoch);
        if (_isPublished)
            track.State.PassOn();
        return track;
    }
}
