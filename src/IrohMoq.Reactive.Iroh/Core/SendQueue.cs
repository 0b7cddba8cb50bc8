using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the queue of the bytes of one stream that are not sent or not acknowledged. The bytes are in blocks, and the queue holds a
/// reference to each block until its bytes are acknowledged, because ngtcp2 uses the memory until then. This type is not thread-safe; the
/// caller must hold the lock of the stream.
/// </summary>
internal unsafe struct SendQueue(BlockPool pool)
{
    private const int FewSlots = 4;
    private const int SmallBlock = 256;

    // A short stream has a header and a frame, which fit into these slots without an array. An array that one thread rents and another
    // returns is often not reused by the shared array pool.
    private Few _few;
    private BlockSlice[]? _many;
    private int _first;
    private int _next;
    private int _end;
    private int _sentOfNext;
    private int _ackedOfFirst;
    private Block? _small;
    private int _smallUsed;

    /// <summary>Gets the number of bytes that have not been sent.</summary>
    public long Unsent { get; private set; }

    /// <summary>Gets the number of bytes that have not been acknowledged, whether sent or not.</summary>
    public long Unacknowledged { get; private set; }

    [UnscopedRef]
    private Span<BlockSlice> Slots => _many is null ? _few : _many;

    [UnscopedRef]
    private readonly ReadOnlySpan<BlockSlice> View => _many is null ? _few : _many;

    /// <summary>Adds bytes of a block, and retains the block.</summary>
    public void Add(BlockSlice slice)
    {
        if (slice.Length == 0)
            return;
        slice.Block.Retain();
        Push(slice);
    }

    /// <summary>Adds a copy of the bytes. Small copies share a block.</summary>
    public void AddCopy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return;
        if (_small is null || _small.Capacity - _smallUsed < bytes.Length)
        {
            _small?.Release();
            _small = pool.Rent(Math.Max(SmallBlock, bytes.Length));
            _smallUsed = 0;
        }

        bytes.CopyTo(_small.Span[_smallUsed..]);
        var slice = new BlockSlice(_small, _smallUsed, bytes.Length);
        _smallUsed += bytes.Length;

        // Adjacent copies are merged into one slice.
        if (_end > _next && Slots[_end - 1] is { } last && last.Block == slice.Block && last.Offset + last.Length == slice.Offset)
        {
            Slots[_end - 1] = last with { Length = last.Length + slice.Length };
            Unsent += slice.Length;
            Unacknowledged += slice.Length;
            return;
        }

        _small.Retain();
        Push(slice);
    }

    /// <summary>Fills buffers with the next unsent bytes, without removing them from the queue.</summary>
    /// <param name="destination">The buffers to fill.</param>
    /// <param name="most">The maximum number of buffers.</param>
    /// <param name="isAll">True if the buffers contain all unsent bytes; otherwise, false.</param>
    /// <returns>The number of buffers that were filled.</returns>
    public readonly int Peek(NgVec* destination, int most, out bool isAll)
    {
        var count = 0;
        var offset = _sentOfNext;
        var index = _next;
        var slots = View;
        for (; index < _end && count < most; index++)
        {
            var slice = slots[index];
            destination[count].Base = slice.Block.Address + slice.Offset + offset;
            destination[count].Length = (nuint)(slice.Length - offset);
            count++;
            offset = 0;
        }

        isAll = index == _end;
        return count;
    }

    /// <summary>Marks the next bytes as sent.</summary>
    public void Sent(long count)
    {
        Unsent -= count;
        while (count > 0)
        {
            var left = Slots[_next].Length - _sentOfNext;
            if (count < left)
            {
                _sentOfNext += (int)count;
                return;
            }

            count -= left;
            _sentOfNext = 0;
            _next++;
        }
    }

    /// <summary>
    /// Removes the specified number of bytes, which were acknowledged, and releases their blocks. Bytes are acknowledged in order.
    /// </summary>
    public void Acknowledged(long count)
    {
        Unacknowledged -= count;
        while (count > 0)
        {
            var slots = Slots;
            var left = slots[_first].Length - _ackedOfFirst;
            if (count < left)
            {
                _ackedOfFirst += (int)count;
                return;
            }

            count -= left;
            _ackedOfFirst = 0;
            slots[_first].Block.Release();
            slots[_first++] = default;
        }

        if (_first == _end)
            _first = _next = _end = 0;
    }

    /// <summary>
    /// Removes the bytes that have not been sent. Sent bytes stay in the queue, because ngtcp2 may still use their memory.
    /// </summary>
    public void DropUnsent()
    {
        var keep = _sentOfNext > 0 ? _next + 1 : _next;
        foreach (ref var slice in Slots[keep.._end])
        {
            slice.Block.Release();
            slice = default;
        }

        _end = keep;
        Unacknowledged -= Unsent;
        Unsent = 0;
    }

    /// <summary>Removes all bytes and releases their blocks. Must be called only when ngtcp2 no longer uses the memory.</summary>
    public void Clear()
    {
        foreach (ref var slice in Slots[_first.._end])
        {
            slice.Block.Release();
            slice = default;
        }

        if (_many is not null)
            ArrayPool<BlockSlice>.Shared.Return(_many);
        _many = null;

        _small?.Release();
        _small = null;
        _first = _next = _end = _sentOfNext = _ackedOfFirst = 0;
        Unsent = Unacknowledged = 0;
    }

    private void Push(BlockSlice slice)
    {
        if (_end == Slots.Length)
            MakeRoom();
        Slots[_end++] = slice;
        Unsent += slice.Length;
        Unacknowledged += slice.Length;
    }

    private void MakeRoom()
    {
        var used = _end - _first;
        var slots = Slots;
        var isMoved = used <= slots.Length / 2;
        var target = isMoved ? null : ArrayPool<BlockSlice>.Shared.Rent(slots.Length * 2);
        slots[_first.._end].CopyTo(target is null ? slots : target);
        slots[(isMoved ? used : 0)..].Clear();
        if (target is not null)
        {
            if (_many is not null)
                ArrayPool<BlockSlice>.Shared.Return(_many);
            _many = target;
        }

        _next -= _first;
        _end = used;
        _first = 0;
    }

    [InlineArray(FewSlots)]
    private struct Few
    {
        private BlockSlice _slice;
    }
}
