using System.Buffers;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// The frames of one group and the memory they are in. Small ones share a block, large ones have one each. A value, because groups may be many.
/// Everything under the track's lock.
/// </summary>
internal struct FrameList()
{
    private const int SlabSize = 16 << 10;
    private const int FirstSlots = 16;

    private BlockSlice[] _frames = [];
    private Block? _slab;
    private int _slabUsed;

    public int Count { get; private set; }

    /// <summary>Payload, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>What it counts in the track's cache.</summary>
    public readonly long Cost => Bytes + ((long)Count * GroupCache.FrameCost);

    /// <summary>True when the memory was given back; what comes later finds no reader and is not kept.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>True for a frame that shares a block with others; a large one is copied into its own outside the lock.</summary>
    public static bool IsSmall(int size) => size < SlabSize / 2;

    public static void ThrowIfTooLarge(int size)
    {
        if (size > GroupProducer.MaxFrameSize)
            throw new MoqStreamException(MoqErrorCode.FrameTooLarge, $"A frame of {size} bytes is larger than {GroupProducer.MaxFrameSize}. Split it.");
    }

    /// <exception cref="MoqStreamException">There is no room for one more frame of this size.</exception>
    public readonly void ThrowIfFull(int size)
    {
        if (Bytes + size > GroupProducer.MaxGroupSize)
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"A group would hold more than {GroupProducer.MaxGroupSize} bytes. Begin a new one.");
        if (Count == GroupProducer.MaxFrames)
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"A group would hold more than {GroupProducer.MaxFrames} frames. Begin a new one.");
    }

    /// <summary>Adds a copy of a small frame.</summary>
    /// <returns>False if it was not kept.</returns>
    public bool AddCopy(BlockPool pool, ReadOnlySpan<byte> payload)
    {
        if (IsReleased)
            return false;
        if (_slab is null || _slab.Capacity - _slabUsed < payload.Length)
        {
            _slab?.Release();
            _slab = pool.Rent(SlabSize);
            _slabUsed = 0;
        }

        payload.CopyTo(_slab.Span[_slabUsed..]);
        _slab.Retain();
        var slice = new BlockSlice(_slab, _slabUsed, payload.Length);
        _slabUsed += payload.Length;
        return Add(slice);
    }

    /// <summary>Adds a frame and takes the caller's reference to its block over.</summary>
    /// <returns>False if it was not kept.</returns>
    public bool Add(BlockSlice slice)
    {
        if (IsReleased)
        {
            slice.Block.Release();
            return false;
        }

        if (Count == _frames.Length)
        {
            var larger = ArrayPool<BlockSlice>.Shared.Rent(Math.Max(FirstSlots, Count * 2));
            _frames.AsSpan(0, Count).CopyTo(larger);
            ReturnSlots();
            _frames = larger;
        }

        _frames[Count++] = slice;
        Bytes += slice.Length;
        return true;
    }

    public readonly bool TryGet(int index, out BlockSlice slice)
    {
        if (index < Count && !IsReleased)
        {
            slice = _frames[index];
            return true;
        }

        slice = default;
        return false;
    }

    /// <summary>No frame will follow: lets go of the block that more small ones would have gone into.</summary>
    public void Close()
    {
        _slab?.Release();
        _slab = null;
    }

    /// <summary>Lets go of every frame. The counts stay.</summary>
    public void Release()
    {
        IsReleased = true;
        Close();
        for (var i = 0; i < Count; i++)
            _frames[i].Block.Release();
        ReturnSlots();
        _frames = [];
    }

    private readonly void ReturnSlots()
    {
        if (_frames.Length == 0)
            return;
        Array.Clear(_frames, 0, Count);
        ArrayPool<BlockSlice>.Shared.Return(_frames);
    }
}
