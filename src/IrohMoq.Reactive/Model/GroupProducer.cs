using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one group: frames in order, then its end. A group that is disposed unfinished is aborted, not ended. Safe for any thread, one writer at a time.
/// </summary>
public sealed class GroupProducer : IDisposable
{
    /// <summary>The largest frame, in bytes: 32 MiB. Peers refuse larger ones.</summary>
    public const int MaxFrameSize = 32 << 20;

    /// <summary>The most payload that one group holds, in bytes: 32 MiB. Begin a new group before that.</summary>
    public const long MaxGroupSize = 32L << 20;

    /// <summary>The most frames that one group holds, also if they are empty: 1,048,576. Begin a new group before that.</summary>
    public const int MaxFrames = 1 << 20;

    private FrameAssembly _assembly;
    private FrameList _frames = new();
    private GroupReaders _readers;
    private bool _isCached = true;

    internal GroupProducer(TrackProducer track, ulong sequence, long createdAt)
    {
        Track = track;
        Sequence = sequence;
        CreatedAt = createdAt;
    }

    /// <summary>The group's number in its track.</summary>
    public ulong Sequence { get; }

    internal TrackProducer Track { get; }

    internal Lock Gate => Track.Gate;

    internal long CreatedAt { get; }

    internal int FrameCount => _frames.Count;

    internal long Bytes => _frames.Bytes;

    /// <summary>What its frames count in the track's cache.</summary>
    internal long Cost => _frames.Cost;

    internal bool IsFinished { get; private set; }

    internal MoqErrorCode? AbortCode { get; private set; }

    internal bool IsAbortedByPeer { get; private set; }

    internal bool IsOpen => !IsFinished && AbortCode is null;

    /// <summary>True while somebody reads it. Under the lock.</summary>
    internal bool HasReaders => _readers.IsAny;

    /// <summary>True while a reader has taken nearly all there is. Under the lock.</summary>
    internal bool IsWanted => _readers.IsAnyHungry;

    /// <summary>Writes a frame at once, with one copy. On a live track old groups make room; on a lossless one use <see cref="WriteAsync"/>, which waits for it.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    public void Write(ReadOnlySpan<byte> payload)
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
            ThrowIfOver();
            _frames.ThrowIfFull(payload.Length);
            OnFrameComes();
            if (_frames.AddCopy(Track.Pool, payload))
                OnFrameCame(payload.Length);
        }
    }

    /// <summary>Writes a frame with one copy, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the frame is not written.</param>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        try
        {
            FrameList.ThrowIfTooLarge(payload.Length);
            var room = WaitForRoomAsync(cancellationToken);
            if (!room.IsCompletedSuccessfully)
                return WriteAfterAsync(room, payload);
            Write(payload.Span);
            return default;
        }
        catch (MoqStreamException failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    /// <summary>Ends the group after what is written. Again changes nothing.</summary>
    /// <exception cref="MoqStreamException">The group was aborted; the code tells.</exception>
    public void Finish()
    {
        lock (Gate)
        {
            if (IsFinished)
                return;
            ThrowIfOver();
            IsFinished = true;
            Close();
        }
    }

    /// <summary>Gives the group up: readers get the code unless they have read all there was, and nothing more is kept. Changes nothing on a group that is over.</summary>
    /// <param name="code">What readers are told.</param>
    public void Abort(MoqErrorCode code) => Abort(code, isRemote: false);

    /// <summary>Aborts the group unless it is finished: one that is merely forgotten is <see cref="MoqErrorCode.Dropped"/>.</summary>
    public void Dispose() => Abort(MoqErrorCode.Dropped);

    internal void Abort(MoqErrorCode code, bool isRemote)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            BreakOff(code, isRemote);
            ReleaseFrames();
        }
    }

    /// <summary>Ends the group after the frames it has, with a code: what arrived whole can be read, then the code is told. Changes nothing on a group that is over.</summary>
    internal void BreakOff(MoqErrorCode code, bool isRemote)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            AbortCode = code;
            IsAbortedByPeer = isRemote;
            Close();
        }
    }

    /// <summary>Drops the group from the cache because it is too old or memory is short. Readers that have not read it whole get the code. Under the lock.</summary>
    internal void Evict(MoqErrorCode code)
    {
        _isCached = false;
        AbortCode ??= code;
        Close();
        ReleaseFrames();
    }

    /// <summary>Drops the group from the cache; those who read it now still can. Under the lock.</summary>
    internal void Forget()
    {
        _isCached = false;
        ReleaseIfUnheld();
    }

    internal GroupConsumer Attach(TrackCursor? cursor)
    {
        var reader = new GroupConsumer(this, cursor);
        _readers.Add(reader);
        return reader;
    }

    /// <summary>Under the lock.</summary>
    internal void Detach(GroupConsumer reader)
    {
        _readers.Remove(reader);
        ReleaseIfUnheld();
        Track.OnGroupRead();
    }

    /// <summary>What the track's reader has taken of this group and not given back, or null. Under the lock.</summary>
    internal GroupConsumer? ReaderOf(TrackCursor cursor) => _readers.Of(cursor);

    /// <summary>Under the lock.</summary>
    internal bool TryGetFrame(int index, out BlockSlice slice) => _frames.TryGet(index, out slice);

    /// <summary>Waits until the track's cache has room, or until a reader soon needs more of this very group.</summary>
    internal ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (Track.MayWrite(this))
                return default;
        }

        return Track.WaitForRoomAsync(this, cancellationToken);
    }

    /// <summary>Begins a frame whose payload comes piece by piece. Memory grows with what comes, not with what was promised.</summary>
    internal void BeginFrame(int size)
    {
        FrameList.ThrowIfTooLarge(size);
        lock (Gate)
            _frames.ThrowIfFull(size);
        _assembly.Begin(Track.Pool, size);
    }

    /// <summary>How many bytes of the begun frame are missing.</summary>
    internal int FrameMissing => _assembly.Missing;

    /// <summary>Where the next bytes of the begun frame go: at least one, at most as many as are missing.</summary>
    internal Memory<byte> FrameRoom => _assembly.Room(Track.Pool);

    /// <summary>Counts bytes that were put into <see cref="FrameRoom"/>, which has room for them.</summary>
    internal void AdvanceFrame(int count) => _assembly.Advance(count);

    /// <summary>Writes the begun frame, which must be whole.</summary>
    internal void CommitFrame() => Commit(_assembly.Take());

    /// <summary>Gives the memory of a begun frame back, if there is one.</summary>
    internal void AbandonFrame() => _assembly.Abandon();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAfterAsync(ValueTask room, ReadOnlyMemory<byte> payload)
    {
        await room.ConfigureAwait(false);
        Write(payload.Span);
    }

    private void Commit(BlockSlice slice)
    {
        lock (Gate)
        {
            try
            {
                ThrowIfOver();
                _frames.ThrowIfFull(slice.Length);
            }
            catch
            {
                slice.Block.Release();
                throw;
            }

            OnFrameComes();
            if (_frames.Add(slice))
                OnFrameCame(slice.Length);
        }
    }

    private void OnFrameComes()
    {
        if (Track.Options.Lossless)
            _readers.OnFrameComes();
    }

    private void OnFrameCame(int bytes)
    {
        _readers.Wake();
        Track.OnWritten(this, bytes + GroupCache.FrameCost);
    }

    private void ThrowIfOver()
    {
        if (AbortCode is { } code)
            throw new MoqStreamException(code, $"Group {Sequence} of track '{Track.Name}' is over, with code {code}. Begin a new group.", IsAbortedByPeer);
        if (IsFinished)
            throw new MoqStreamException(MoqErrorCode.Closed, $"Group {Sequence} of track '{Track.Name}' is finished. Begin a new group.");
    }

    private void Close()
    {
        _frames.Close();
        _readers.Wake();
        Track.OnGroupOver();
    }

    private void ReleaseIfUnheld()
    {
        if (!_isCached && !HasReaders)
            ReleaseFrames();
    }

    private void ReleaseFrames()
    {
        if (_frames.IsReleased)
            return;
        _frames.Release();
        Track.OnReleased(Cost);
    }
}
