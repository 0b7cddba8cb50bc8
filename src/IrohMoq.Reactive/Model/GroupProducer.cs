namespace IrohMoq.Reactive;

/// <summary>
/// Writes one group: frames in order, then the end of the group. Members may be called from any thread, by one writer at a time.
/// </summary>
public sealed partial class GroupProducer : IDisposable
{
    /// <summary>The maximum size of a frame, in bytes: 32 MiB. Peers refuse larger frames.</summary>
    public const int MaxFrameSize = 32 << 20;

    /// <summary>The maximum size of the payloads of a group together, in bytes: 32 MiB.</summary>
    public const long MaxGroupSize = 32L << 20;

    /// <summary>The maximum number of frames in a group: 1,048,576. Empty frames count.</summary>
    public const int MaxFrames = 1 << 20;

    private FrameList _frames = new();
    private GroupReaders _readers;
    private LeftReaders _left;
    private GroupEnd _end;
    private ReceivedGroup _received;
    private bool _isCached = true;

    internal GroupProducer(TrackState track, ulong sequence, long createdAt)
    {
        Track = track;
        Sequence = sequence;
        CreatedAt = createdAt;
    }

    /// <summary>Gets the sequence number of the group in its track.</summary>
    public ulong Sequence { get; }

    internal TrackState Track { get; }

    /// <summary>
    /// Gets or sets a value that indicates whether the group consists of one frame that is sent as a datagram where that is possible. The
    /// caller must hold the lock of the track.
    /// </summary>
    internal bool IsDatagram { get; set; }

    internal Lock Gate => Track.Gate;

    internal long CreatedAt { get; }

    internal long Index { get; set; }

    internal ref readonly FrameList Frames => ref _frames;

    internal ref readonly GroupReaders Readers => ref _readers;

    /// <summary>Gets the cost of the group in the cache of the track, in bytes.</summary>
    internal long Cost => GroupCache.GroupCost + _frames.Cost;

    /// <summary>
    /// Gets the cost, in bytes, of what a reader that starts with the group has to read; 0 after the memory of the group was released.
    /// The caller must hold the lock of the track.
    /// </summary>
    internal long UnreadCost => _frames.IsReleased ? 0 : Cost;

    /// <summary>Gets the media time of the first frame, or null if there is none. The caller must hold the lock of the track.</summary>
    internal long? FirstTimestamp => _frames.FirstTimestamp;

    /// <summary>
    /// Gets the index of the first frame in <see cref="Frames"/>, which is 0 unless the publisher of a received group was asked for a later
    /// one.
    /// </summary>
    internal int FirstFrame => _received.FirstFrame;

    /// <summary>
    /// Gets the index that the next frame of the group has. The caller must hold the lock of the track, or write the group.
    /// </summary>
    internal int NextFrame => FirstFrame + _frames.Count;

    internal ref readonly GroupEnd End => ref _end;

    internal bool IsOpen => _end.IsOpen;

    /// <summary>Gets the state that a group has only if it is received from a peer. The caller must hold the lock of the track.</summary>
    internal ref ReceivedGroup Received => ref _received;

    /// <summary>Gets the number of recorded readers that continue without the group. The caller must hold the lock of the track.</summary>
    internal int LeftBy => _left.Count;

    /// <summary>Ends the group normally after the frames that were written. A second call has no effect.</summary>
    /// <exception cref="MoqStreamException">The group was aborted; the code tells why.</exception>
    /// <exception cref="InvalidOperationException">A frame was begun with <see cref="BeginFrame"/> and is not finished.</exception>
    public void Finish()
    {
        _reservation.Release();
        lock (Gate)
        {
            if (_end.IsFinished)
                return;
            _end.ThrowIfOver(this);
            ThrowIfFrameIsOpen();
            _end.Finish();
            Close();
        }
    }

    /// <summary>
    /// Aborts the group: readers receive the error code, and nothing of the group is kept. Has no effect on a group that has ended.
    /// </summary>
    /// <param name="code">The error code that readers receive.</param>
    public void Abort(MoqErrorCode code)
    {
        _reservation.Release();
        AbortWithTrack(code);
    }

    /// <summary>Aborts the group with <see cref="MoqErrorCode.Dropped"/> unless it has already ended.</summary>
    public void Dispose() => Abort(MoqErrorCode.Dropped);

    /// <summary>
    /// Ends the group with an error code after the frames that were written: readers receive these frames, then the code. Has no effect
    /// on a group that has ended.
    /// </summary>
    internal void BreakOff(MoqErrorCode code, bool isRemote)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            _end.Abort(code, isRemote);
            Close(code);
        }
    }

    /// <summary>
    /// Drops the group because it is too old or memory is short. Readers that have not read all of it receive the error code. The caller
    /// must hold the lock of the track.
    /// </summary>
    internal void Drop(MoqErrorCode code)
    {
        Track.Cache.Remove(this);
        _isCached = false;
        var wasOpen = IsOpen;
        _end.Abort(code, isByPeer: false);
        if (wasOpen)
            Close(code);
        _received.Drop(this);
        Track.OnDropped(this);
        ReleaseFrames(code);
    }

    /// <summary>
    /// Marks the group as removed from the cache, because every reader has passed it. Readers that have already begun the group can
    /// continue. The caller must hold the lock of the track.
    /// </summary>
    internal void Forget()
    {
        _isCached = false;
        if (IsOpen && !_readers.IsAny && _received.HasSource)
        {
            _end.Abort(MoqErrorCode.Cancel, isByPeer: false);
            Close(MoqErrorCode.Cancel);
        }

        ReleaseFrames(null);
    }

    /// <summary>Aborts the group because its track was aborted, possibly while the writer of the group fills the next frame.</summary>
    internal void AbortWithTrack(MoqErrorCode code)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            BreakOff(code, isRemote: false);
            ReleaseFrames(code);
        }
    }

    /// <summary>Adds a reader of the group. The caller must hold the lock of the track.</summary>
    /// <param name="cursor">The reader of the track that takes the group, or null if there is none.</param>
    /// <param name="lastFrame">The index of the last frame that is read without a reader of the track, or null.</param>
    internal GroupConsumer Attach(TrackCursor? cursor, int? lastFrame = null)
    {
        var reader = new GroupConsumer(this, cursor) { IsHeldUntilDisposed = cursor is { IsForPeer: true }, LastFrame = lastFrame };
        _readers.Add(reader);
        return reader;
    }

    internal void Detach(GroupConsumer reader)
    {
        _readers.Remove(reader);
        ReleaseFrames(null);
        if (_isCached)
            Track.OnPassed(this);
    }

    /// <summary>
    /// Records that a reader of the track continues without the group, so that later frames count as read by that reader. Called once for
    /// each reader. The caller must hold the lock of the track.
    /// </summary>
    internal void OnLeft(TrackCursor cursor)
    {
        if (IsOpen && Track.Readers.AreMeasured)
            _left.Add(cursor, Track.Readers.Count);
    }

    /// <summary>Records that a reader of the track reads the group after all. The caller must hold the lock of the track.</summary>
    internal void OnReturned(TrackCursor cursor) => _left.Remove(cursor);

    /// <summary>
    /// Adds a frame that has a block of its own. Takes ownership of the reference to the block, even if the method throws.
    /// </summary>
    internal void Commit(CachedFrame frame)
    {
        lock (Gate)
        {
            _received.CountPartial(this, 0);
            try
            {
                ThrowIfRefused(frame.Payload.Length);
            }
            catch
            {
                frame.Payload.Block.Release();
                throw;
            }

            OnWritten(_frames.Add(frame), frame.Timestamp);
        }
    }

    private void ThrowIfRefused(int size)
    {
        _end.ThrowIfOver(this);
        ThrowIfFrameIsOpen();
        _frames.ThrowIfFull(size);
    }

    private void OnWritten(long cost, long timestamp)
    {
        if (cost == 0)
            return;
        _readers.Wake();
        Track.OnWritten(this, cost);
        _left.OnWritten(cost);
        // This may drop the group itself.
        Track.Cache.OnFrame(this, timestamp);
    }

    private void Close(MoqErrorCode? stop = null)
    {
        _frames.Close();
        _readers.Wake();
        _received.End(stop);
        _left.Clear();
        Track.OnGroupOver(this);
    }

    /// <param name="code">
    /// The error code for readers that have not read all of the group, or null to release the frames only if neither the cache nor a
    /// reader holds the group.
    /// </param>
    private void ReleaseFrames(MoqErrorCode? code)
    {
        if (_frames.IsReleased || (code is null && (_isCached || _readers.IsAny)))
            return;
        var cost = Cost;
        if (code is { } reason)
        {
            Track.Readers.OnReleased(this, cost);
            _readers.OnDropped(reason);
        }

        // A notified reader may have released the group and its memory.
        if (_frames.IsReleased)
            return;
        _frames.Release();
        Track.OnReleased(cost);
    }
}
