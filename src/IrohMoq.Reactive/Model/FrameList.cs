using System.Buffers;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the frames of one group and their memory. Small frames share a block, which starts small because a group may consist of one
/// small frame; each large frame has its own block. This type is a struct because there are many groups. The caller of any member must
/// hold the lock of the track.
/// </summary>
internal struct FrameList()
{
    private const int FirstSlab = 256;
    private const int LargestSlab = 16 << 10;
    private const int FirstSlots = 8;

    // Most groups of audio, chat and telemetry have one frame, so the first frame needs no array.
    private CachedFrame _first;
    private CachedFrame[] _others = [];
    private Block? _slab;
    private int _slabUsed;

    public int Count { get; private set; }

    /// <summary>Gets the total size of all payloads, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Gets the cost of the frames, in bytes, which counts against the limits of the track: entire blocks, and a fixed amount for each
    /// frame.
    /// </summary>
    public long Cost { get; private set; }

    /// <summary>Gets the media time of the first frame, or null if there is none.</summary>
    public readonly long? FirstTimestamp => TryGet(0, out var frame) ? frame.Timestamp : null;

    /// <summary>
    /// Gets a value indicating whether the memory of the frames was released. Frames that are added later have no reader and are not
    /// kept.
    /// </summary>
    public bool IsReleased { get; private set; }

    /// <summary>
    /// Determines whether a frame of the specified size shares a block with other frames. A larger frame is copied into its own block
    /// without the lock.
    /// </summary>
    public static bool IsSmall(int size) => size < LargestSlab / 2;

    /// <summary>Returns the cost of a frame, in bytes. The cost of a block is included in the cost of its first frame.</summary>
    public static long CostOf(BlockSlice slice) => GroupCache.FrameCost + (slice.Offset == 0 ? slice.Block.Capacity : 0);

    public static void ThrowIfTooLarge(int size)
    {
        if (size > GroupProducer.MaxFrameSize)
        {
            throw new MoqStreamException(
                MoqErrorCode.FrameTooLarge, $"A frame of {size} bytes is larger than {GroupProducer.MaxFrameSize}. Split it.");
        }
    }

    /// <exception cref="MoqStreamException">The group has no room for another frame of the specified size.</exception>
    public readonly void ThrowIfFull(int size)
    {
        if (Bytes + size > GroupProducer.MaxGroupSize)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded, $"A group would hold more than {GroupProducer.MaxGroupSize} bytes. Begin a new one.");
        }

        if (Count == GroupProducer.MaxFrames)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded, $"A group would hold more than {GroupProducer.MaxFrames} frames. Begin a new one.");
        }
    }

    /// <summary>Adds a copy of a small frame.</summary>
    /// <returns>The cost of the frame, in bytes; 0 if the frame was not kept.</returns>
    public long AddCopy(BlockPool pool, ReadOnlySpan<byte> payload, long timestamp)
    {
        if (IsReleased)
            return 0;
        // An empty frame takes a byte, so that no two frames begin at the same offset.
        var size = Math.Max(payload.Length, 1);
        if (_slab is null || _slab.Capacity - _slabUsed < size)
        {
            var next = _slab is null ? FirstSlab : Math.Min(_slab.Capacity * 2, LargestSlab);
            _slab?.Release();
            _slab = pool.Rent(Math.Max(next, size));
            _slabUsed = 0;
        }

        payload.CopyTo(_slab.Span[_slabUsed..]);
        _slab.Retain();
        var slice = new BlockSlice(_slab, _slabUsed, payload.Length);
        _slabUsed += size;
        return Add(new CachedFrame(slice, timestamp));
    }

    /// <summary>Adds a frame and takes ownership of the caller's reference to its block.</summary>
    /// <returns>The cost of the frame, in bytes; 0 if the frame was not kept.</returns>
    public long Add(CachedFrame frame)
    {
        if (IsReleased)
        {
            frame.Payload.Block.Release();
            return 0;
        }

        if (Count == 0)
        {
            _first = frame;
        }
        else
        {
            if (Count > _others.Length)
                Grow();
            _others[Count - 1] = frame;
        }

        var cost = CostOf(frame.Payload);
        Count++;
        Bytes += frame.Payload.Length;
        Cost += cost;
        return cost;
    }

    public readonly bool TryGet(int index, out CachedFrame frame)
    {
        if (index < Count && !IsReleased)
        {
            frame = index == 0 ? _first : _others[index - 1];
            return true;
        }

        frame = default;
        return false;
    }

    /// <summary>Releases the block that is reserved for further small frames, because no frame follows.</summary>
    public void Close()
    {
        _slab?.Release();
        _slab = null;
    }

    /// <summary>Releases the memory of every frame. The counts do not change.</summary>
    public void Release()
    {
        IsReleased = true;
        Close();
        if (Count > 0)
            _first.Payload.Block.Release();
        _first = default;
        for (var i = 0; i < Count - 1; i++)
            _others[i].Payload.Block.Release();
        ReturnSlots();
        _others = [];
    }

    private void Grow()
    {
        var larger = ArrayPool<CachedFrame>.Shared.Rent(Math.Max(FirstSlots, Count * 2));
        _others.AsSpan(0, Count - 1).CopyTo(larger);
        ReturnSlots();
        _others = larger;
    }

    private readonly void ReturnSlots()
    {
        if (_others.Length == 0)
            return;
        Array.Clear(_others, 0, Math.Max(Count - 1, 0));
        ArrayPool<CachedFrame>.Shared.Return(_others);
    }
}
