using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>Writes one group: frames in order, then its end. Every member may be used from any thread, by one writer at a time.</summary>
public sealed class GroupProducer : IDisposable
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

    /// <summary>Gets the number of the group in its track.</summary>
    public ulong Sequence { get; }

    internal TrackState Track { get; }

    internal Lock Gate => Track.Gate;

    internal long CreatedAt { get; }

    internal long Index { get; set; }

    internal ref readonly FrameList Frames => ref _frames;

    internal ref readonly GroupReaders Readers => ref _readers;

    /// <summary>Gets the memory, in bytes, that the group counts in the cache of the track.</summary>
    internal long Cost => GroupCache.GroupCost + _frames.Cost;

    /// <summary>
    /// Gets the memory, in bytes, that a reader which begins the group has to read: 0 once it was given back. The caller must hold the
    /// lock.
    /// </summary>
    internal long UnreadCost => _frames.IsReleased ? 0 : Cost;

    internal ref readonly GroupEnd End => ref _end;

    internal bool IsOpen => _end.IsOpen;

    /// <summary>Gets what the group has if it is received. The caller must hold the lock.</summary>
    internal ref ReceivedGroup Received => ref _received;

    /// <summary>Gets how many readers are kept that go on without the group. The caller must hold the lock.</summary>
    internal int LeftBy => _left.Count;

    /// <summary>Writes a frame, with one copy. On a lossless track use <see cref="WriteAsync"/>, which waits for room.</summary>
    /// <param name="payload">The payload, from 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <exception cref="InvalidOperationException">The track is lossless, and its slowest reader has left no room.</exception>
    /// <exception cref="MoqStreamException">
    /// The group is over, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <remarks>On a live track old groups make room.</remarks>
    public void Write(ReadOnlySpan<byte> payload)
    {
        if (Track.Options.Lossless)
        {
            lock (Gate)
                Track.Writers.ThrowIfNoRoom(this, nameof(WriteAsync));
        }

        WriteNow(payload);
    }

    /// <summary>Writes a frame, with one copy, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="payload">The payload, from 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; the frame is not written.</param>
    /// <exception cref="MoqStreamException">
    /// The group is over, or the frame or the group would be too large; the code tells which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        try
        {
            FrameList.ThrowIfTooLarge(payload.Length);
            var room = Track.Options.Lossless ? Track.Writers.WaitForRoomAsync(this, cancellationToken) : default;
            if (!room.IsCompletedSuccessfully)
                return WriteAfterAsync(room, payload);
            WriteNow(payload.Span);
            return default;
        }
        catch (MoqStreamException failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    /// <summary>Finishes the group after the frames that it has. A second call has no effect.</summary>
    /// <exception cref="MoqStreamException">The group was aborted; the code tells why.</exception>
    public void Finish()
    {
        lock (Gate)
        {
            if (_end.IsFinished)
                return;
            _end.ThrowIfOver(this);
            _end.Finish();
            Close();
        }
    }

    /// <summary>
    /// Aborts the group: a reader gets the code unless it has read all there was, and nothing of the group is kept. It has no effect on a
    /// group that is over.
    /// </summary>
    /// <param name="code">The code that readers get.</param>
    public void Abort(MoqErrorCode code)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            BreakOff(code, isRemote: false);
            ReleaseFrames(code);
        }
    }

    /// <summary>Aborts the group with <see cref="MoqErrorCode.Dropped"/> unless it is over.</summary>
    public void Dispose() => Abort(MoqErrorCode.Dropped);

    /// <summary>
    /// Ends the group with a code after the frames that it has: readers get these frames, then the code. It has no effect on a group that
    /// is over.
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
    /// Drops the group because it is too old or memory is short. Readers that have not read all of it get the code. The caller must hold
    /// the lock.
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
    /// Takes the group out of the cache because every reader has passed it. Readers that read it now still can. The caller must hold the
    /// lock.
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

    internal GroupConsumer Attach(TrackCursor? cursor)
    {
        var reader = new GroupConsumer(this, cursor) { IsHeldUntilDisposed = cursor is { IsForPeer: true } };
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
    /// A reader of the track goes on without the group: later frames count as read by it. Once for each reader. The caller must hold the
    /// lock.
    /// </summary>
    internal void OnLeft(TrackCursor cursor)
    {
        if (IsOpen && Track.Readers.AreMeasured)
            _left.Add(cursor, Track.Readers.Count);
    }

    /// <summary>Writes a frame that is in a block of its own. The reference to the block is taken over, also if the write fails.</summary>
    internal void Commit(BlockSlice slice)
    {
        lock (Gate)
        {
            _received.CountPartial(this, 0);
            try
            {
                ThrowIfRefused(slice.Length);
            }
            catch
            {
                slice.Block.Release();
                throw;
            }

            OnWritten(_frames.Add(slice));
        }
    }

    private void WriteNow(ReadOnlySpan<byte> payload)
    {
        FrameList.ThrowIfTooLarge(payload.Length);
        if (!FrameList.IsSmall(payload.Length))
        {
            var block = Track.Pool.Rent(payload.Length);
            payload.CopyTo(block.Span);
            Commit(new BlockSlice(block, 0, payload.Length));
            return;
        }

        lock (Gate)
        {
            ThrowIfRefused(payload.Length);
            OnWritten(_frames.AddCopy(Track.Pool, payload));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAfterAsync(ValueTask room, ReadOnlyMemory<byte> payload)
    {
        await room.ConfigureAwait(false);
        WriteNow(payload.Span);
    }

    private void ThrowIfRefused(int size)
    {
        _end.ThrowIfOver(this);
        _frames.ThrowIfFull(size);
    }

    private void OnWritten(long cost)
    {
        if (cost == 0)
            return;
        _readers.Wake();
        Track.OnWritten(this, cost);
        _left.OnWritten(cost);
    }

    private void Close(MoqErrorCode? stop = null)
    {
        _frames.Close();
        _readers.Wake();
        _received.End(stop);
        _left.Clear();
        Track.OnGroupOver(this);
    }

    /// <param name="code">The code for readers that have not read all of the group; null to release it only if nothing holds it.</param>
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

        // A reader that was notified may have given the group back, and its memory with it.
        if (_frames.IsReleased)
            return;
        _frames.Release();
        Track.OnReleased(cost);
    }
}
