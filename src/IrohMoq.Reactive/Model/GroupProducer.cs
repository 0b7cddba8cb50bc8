using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

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

    private const int SlabSize = 16 << 10;
    private const int FirstFrameSlots = 16;

    private FrameAssembly _assembly;
    private BlockSlice[] _frames = [];
    private Block? _slab;
    private int _slabUsed;
    private GroupConsumer? _reader;
    private List<GroupConsumer>? _moreReaders;
    private bool _isCached = true;
    private bool _released;

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

    internal int FrameCount { get; private set; }

    internal long Bytes { get; private set; }

    internal bool IsFinished { get; private set; }

    internal MoqErrorCode? AbortCode { get; private set; }

    internal bool IsAbortedByPeer { get; private set; }

    /// <summary>What its writer waits on, or null. Under the lock.</summary>
    internal Signal? Room { get; set; }

    internal bool IsOpen => !IsFinished && AbortCode is null;

    /// <summary>True while somebody reads it. Under the lock.</summary>
    internal bool HasReaders => _reader is not null;

    /// <summary>True while a reader has taken nearly all there is. Under the lock.</summary>
    internal bool IsWanted => _reader is { IsHungry: true } || (_moreReaders?.Exists(static reader => reader.IsHungry) ?? false);

    /// <summary>Writes a frame at once, with one copy. On a live track old groups make room; on a lossless one use <see cref="WriteAsync"/>, which waits for it.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    public void Write(ReadOnlySpan<byte> payload)
    {
        CheckSize(payload.Length);
        // Small frames share a block; a large one is copied outside the lock.
        if (payload.Length >= SlabSize / 2)
        {
            var block = Track.Pool.Rent(payload.Length);
            payload.CopyTo(block.Span);
            Commit(new BlockSlice(block, 0, payload.Length));
            return;
        }

        lock (Gate)
        {
            ThrowIfOver(payload.Length);
            if (_slab is null || _slab.Capacity - _slabUsed < payload.Length)
            {
                _slab?.Release();
                _slab = Track.Pool.Rent(SlabSize);
                _slabUsed = 0;
            }

            payload.CopyTo(_slab.Span[_slabUsed..]);
            _slab.Retain();
            var slice = new BlockSlice(_slab, _slabUsed, payload.Length);
            _slabUsed += payload.Length;
            Add(slice);
        }
    }

    /// <summary>Writes a frame with one copy, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the frame is not written.</param>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        CheckSize(payload.Length);
        await WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        Write(payload.Span);
    }

    /// <summary>Ends the group after what is written. Again changes nothing.</summary>
    /// <exception cref="MoqStreamException">The group was aborted; the code tells.</exception>
    public void Finish()
    {
        lock (Gate)
        {
            if (IsFinished)
                return;
            ThrowIfOver(0);
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
        if (HasReaders || IsOpen)
        {
            IsFinished = false;
            AbortCode ??= code;
        }

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
        if (_reader is null)
            _reader = reader;
        else
            (_moreReaders ??= []).Add(reader);
        return reader;
    }

    /// <summary>Under the lock.</summary>
    internal void Detach(GroupConsumer reader)
    {
        if (_reader == reader)
        {
            _reader = null;
            if (_moreReaders is { Count: > 0 } more)
            {
                _reader = more[^1];
                more.RemoveAt(more.Count - 1);
            }
        }
        else
        {
            _moreReaders?.Remove(reader);
        }

        ReleaseIfUnheld();
        Track.OnGroupRead();
    }

    /// <summary>True if that reader has taken the group and not all of its frames. Under the lock.</summary>
    internal bool HasUnreadFor(TrackCursor cursor)
    {
        if (IsUnread(_reader, cursor))
            return true;
        // A loop, because a lambda would allocate for every wait of a writer.
        for (var i = 0; i < (_moreReaders?.Count ?? 0); i++)
        {
            if (IsUnread(_moreReaders![i], cursor))
                return true;
        }

        return false;
    }

    /// <summary>Gives the group back on behalf of a reader that is served no more. Under the lock.</summary>
    internal void CutOff(TrackCursor cursor, MoqErrorCode code)
    {
        while (_moreReaders?.Find(reader => reader.Cursor == cursor) is { } late)
            late.CutOff(code);
        if (_reader?.Cursor == cursor)
            _reader.CutOff(code);
    }

    /// <summary>Under the lock.</summary>
    internal bool TryGetFrame(int index, out BlockSlice slice)
    {
        if (index < FrameCount && !_released)
        {
            slice = _frames[index];
            return true;
        }

        slice = default;
        return false;
    }

    /// <summary>Waits until the track's cache has room, or until a reader soon needs more of this very group.</summary>
    internal ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (Track.HasRoom || IsWanted || !IsOpen)
                return default;
        }

        return Track.WaitForRoomAsync(this, cancellationToken);
    }

    /// <summary>Begins a frame whose payload comes piece by piece. Memory grows with what comes, not with what was promised.</summary>
    internal void BeginFrame(int size)
    {
        CheckSize(size);
        _assembly.Begin(Track.Pool, size);
    }

    /// <summary>How many bytes of the begun frame are missing.</summary>
    internal int FrameMissing => _assembly.Missing;

    /// <summary>Where the next bytes of the begun frame go: at least one, at most as many as are missing.</summary>
    internal Memory<byte> FrameRoom => _assembly.Room(Track.Pool);

    /// <summary>Counts bytes that were put into <see cref="FrameRoom"/>.</summary>
    internal void AdvanceFrame(int count) => _assembly.Advance(count);

    /// <summary>Writes the begun frame, which must be whole.</summary>
    internal void CommitFrame() => Commit(_assembly.Take());

    /// <summary>Gives the memory of a begun frame back, if there is one.</summary>
    internal void AbandonFrame() => _assembly.Abandon();

    private static bool IsUnread(GroupConsumer? reader, TrackCursor cursor) => reader?.Cursor == cursor && !reader.IsStarving;

    private static void CheckSize(int size)
    {
        if (size > MaxFrameSize)
            throw new MoqStreamException(MoqErrorCode.FrameTooLarge, $"A frame of {size} bytes is larger than {MaxFrameSize}. Split it.");
    }

    private void Commit(BlockSlice slice)
    {
        lock (Gate)
        {
            try
            {
                ThrowIfOver(slice.Length);
            }
            catch
            {
                slice.Block.Release();
                throw;
            }

            Add(slice);
        }
    }

    private void Add(BlockSlice slice)
    {
        if (FrameCount == _frames.Length)
        {
            var larger = ArrayPool<BlockSlice>.Shared.Rent(Math.Max(FirstFrameSlots, FrameCount * 2));
            _frames.AsSpan(0, FrameCount).CopyTo(larger);
            ReturnSlots();
            _frames = larger;
        }

        _frames[FrameCount++] = slice;
        Bytes += slice.Length;
        WakeReaders();
        Track.OnWritten(this, slice.Length);
    }

    private void ThrowIfOver(int size)
    {
        if (AbortCode is { } code)
            throw new MoqStreamException(code, $"Group {Sequence} of track '{Track.Name}' is over, with code {code}. Begin a new group.", IsAbortedByPeer);
        if (IsFinished)
            throw new MoqStreamException(MoqErrorCode.Closed, $"Group {Sequence} of track '{Track.Name}' is finished. Begin a new group.");
        if (Bytes + size > MaxGroupSize)
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"Group {Sequence} of track '{Track.Name}' would hold more than {MaxGroupSize} bytes. Begin a new group.");
    }

    private void Close()
    {
        _slab?.Release();
        _slab = null;
        Room?.Set();
        WakeReaders();
    }

    private void WakeReaders()
    {
        _reader?.Wake();
        if (_moreReaders is null)
            return;
        foreach (var reader in _moreReaders)
            reader.Wake();
    }

    private void ReleaseIfUnheld()
    {
        if (!_isCached && !HasReaders)
            ReleaseFrames();
    }

    private void ReleaseFrames()
    {
        if (_released)
            return;
        _released = true;
        Track.OnReleased(Bytes);
        for (var i = 0; i < FrameCount; i++)
            _frames[i].Block.Release();
        ReturnSlots();
        _frames = [];
    }

    private void ReturnSlots()
    {
        if (_frames.Length == 0)
            return;
        Array.Clear(_frames, 0, FrameCount);
        ArrayPool<BlockSlice>.Shared.Return(_frames);
    }
}
