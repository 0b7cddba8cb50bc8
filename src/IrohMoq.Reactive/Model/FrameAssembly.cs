using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Puts one frame together whose bytes come piece by piece. The size is the peer's word, so memory is taken as bytes come:
/// a large frame starts small and grows by doubling.
/// </summary>
internal struct FrameAssembly
{
    private const int FirstPiece = 256 << 10;

    private Block? _block;
    private int _size;
    private int _filled;

    public readonly int Missing => _size - _filled;

    public void Begin(BlockPool pool, int size)
    {
        Abandon();
        _size = size;
        _filled = 0;
        _block = pool.Rent(Math.Min(size, FirstPiece));
    }

    public Memory<byte> Room(BlockPool pool)
    {
        if (_filled == _block!.Capacity)
        {
            var larger = pool.Rent((int)Math.Min(_size, _block.Capacity * 2L));
            _block.Span[.._filled].CopyTo(larger.Span);
            _block.Release();
            _block = larger;
        }

        return _block.Memory[_filled..Math.Min(_size, _block.Capacity)];
    }

    public void Advance(int count) => _filled += count;

    public BlockSlice Take()
    {
        var slice = new BlockSlice(_block!, 0, _size);
        _block = null;
        return slice;
    }

    public void Abandon()
    {
        _block?.Release();
        _block = null;
    }
}
