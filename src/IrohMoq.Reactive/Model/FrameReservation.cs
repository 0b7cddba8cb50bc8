using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the memory that the writer of a group fills with the next frame, so that the payload is not copied. Only the writer of the
/// group may use it. The memory is released only by the writer, because the writer may be filling it while another thread ends the group.
/// </summary>
internal struct FrameReservation
{
    private Block? _block;
    private int _size;

    /// <summary>Reserves memory. Memory that was reserved before and not taken is reserved again if it is large enough.</summary>
    public Memory<byte> Reserve(BlockPool pool, int size)
    {
        if (_block is not null && _block.Capacity < size)
            Release();
        _block ??= pool.Rent(Math.Max(size, 1));
        _size = size;
        return _block.Memory[..size];
    }

    /// <summary>Returns the first bytes of the reserved memory.</summary>
    /// <exception cref="InvalidOperationException">No memory is reserved.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or greater than the size that was reserved.</exception>
    public readonly ReadOnlyMemory<byte> Peek(int length)
    {
        if (_block is null)
        {
            throw new InvalidOperationException(
                $"No memory is reserved for a frame. Call {nameof(GroupProducer.GetFrameMemory)} before each commit.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _size);
        return _block.Memory[..length];
    }

    /// <summary>
    /// Takes the block with the first bytes of the memory, unless a copy is better: a small frame shares a block with others, and a frame
    /// that is much shorter than its block would waste memory.
    /// </summary>
    /// <returns>False if the bytes must be copied.</returns>
    public bool TryTake(int length, out BlockSlice slice)
    {
        slice = default;
        if (FrameList.IsSmall(length) || _block is not { } block || length < block.Capacity / 2)
            return false;
        slice = new BlockSlice(block, 0, length);
        _block = null;
        return true;
    }

    /// <summary>Releases the memory.</summary>
    public void Release()
    {
        _block?.Release();
        _block = null;
    }
}
