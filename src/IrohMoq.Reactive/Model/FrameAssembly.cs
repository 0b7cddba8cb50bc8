using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Puts one frame together whose bytes come piece by piece. The size is the peer's word, so memory is taken as bytes come:
/// a large frame starts small and grows by doubling.
/// </summary>
internal struct FrameAssembly
{
    private const int FirstPiece = 64 << 10;

    private Block? _block;
    private int _size;
    private int _filled;

    public readonly int Missing => _size - _filled;

    /// <summary>The memory that it holds.</summary>
    public readonly int Held => _block?.Capacity ?? 0;

    public void Begin(BlockPool pool, int size)
    {
        Abandon();
        _block = pool.Rent(Math.Min(size, FirstPiece));
        _size = size;
    }

    public Memory<byte> Room(BlockPool pool)
    {
        var block = Begun;
        if (_filled == block.Capacity)
        {
            var larger = pool.Rent((int)Math.Min(_size, block.Capacity * 2L));
            block.Span[.._filled].CopyTo(larger.Span);
            block.Release();
            _block = block = larger;
        }

        return block.Memory[_filled..Math.Min(_size, block.Capacity)];
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Math.Min(_size, Begun.Capacity) - _filled);
        _filled += count;
    }

    /// <summary>The whole frame, with the reference to its block.</summary>
    /// <exception cref="MoqStreamException">Bytes are missing: they would be those of an older frame.</exception>
    public BlockSlice Take()
    {
        var block = Begun;
        if (Missing > 0)
            throw new MoqStreamException(MoqErrorCode.WrongSize, $"A frame of {_size} bytes was given only {_filled} of them.");
        var slice = new BlockSlice(block, 0, _size);
        _block = null;
        return slice;
    }

    public void Abandon()
    {
        _block?.Release();
        _block = null;
        _size = _filled = 0;
    }

    private readonly Block Begun => _block ?? throw new InvalidOperationException("No frame was begun.");
}
