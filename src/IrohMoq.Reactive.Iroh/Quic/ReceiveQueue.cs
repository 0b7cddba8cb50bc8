using System.Buffers;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>What has arrived on one stream and has not been read. Not safe for several threads: its stream's lock is around it.</summary>
internal struct ReceiveQueue(BlockPool pool)
{
    private const int BlockSize = 16 << 10;
    private const int FirstSlots = 16;

    // The blocks from _first to _last - 1 are in use; all but the newest are full.
    private Block[] _blocks = [];
    private int _first;
    private int _last;
    private int _start;
    private int _end;

    /// <summary>Bytes that can be read.</summary>
    public long Count { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        while (bytes.Length > 0)
        {
            if (_first == _last || _end == BlockSize)
                AddBlock();
            var count = Math.Min(bytes.Length, BlockSize - _end);
            bytes[..count].CopyTo(_blocks[_last - 1].Span[_end..]);
            _end += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Reads what is there and fits.</summary>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (destination.Length > 0 && Count > 0)
        {
            var end = _first == _last - 1 ? _end : BlockSize;
            var count = Math.Min(destination.Length, end - _start);
            _blocks[_first].Span.Slice(_start, count).CopyTo(destination);
            destination = destination[count..];
            total += count;
            Count -= count;
            _start += count;
            if (_start == end)
                RemoveBlock();
        }

        return total;
    }

    public void Clear()
    {
        while (_first < _last)
            RemoveBlock();
        Count = 0;
    }

    private void AddBlock()
    {
        if (_last == _blocks.Length)
            MakeRoom();
        _blocks[_last++] = pool.Rent(BlockSize);
        _end = 0;
    }

    private void RemoveBlock()
    {
        _blocks[_first].Release();
        _blocks[_first++] = null!;
        _start = 0;
        if (_first < _last)
            return;
        // An empty queue keeps nothing: a stream may be idle for long.
        ArrayPool<Block>.Shared.Return(_blocks);
        _blocks = [];
        _first = _last = _end = 0;
    }

    private void MakeRoom()
    {
        var used = _last - _first;
        var target = used > _blocks.Length / 2 || _blocks.Length == 0 ? ArrayPool<Block>.Shared.Rent(Math.Max(FirstSlots, used * 2)) : _blocks;
        Array.Copy(_blocks, _first, target, 0, used);
        if (target == _blocks)
        {
            Array.Clear(_blocks, used, _last - used);
        }
        else if (_blocks.Length > 0)
        {
            Array.Clear(_blocks);
            ArrayPool<Block>.Shared.Return(_blocks);
        }

        _blocks = target;
        _first = 0;
        _last = used;
    }
}
