using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the queue of the bytes that were received on one stream and not read, in a chain of blocks of increasing size: a few bytes
/// use little memory, and many bytes need few blocks. This type is not thread-safe; the caller must hold the lock of the stream.
/// </summary>
internal struct ReceiveQueue(BlockPool pool)
{
    private const int SmallestBlock = 256;
    private const int LargestBlock = 16 << 10;
    private const int Growth = 8;

    // All blocks but the last are full.
    private Block? _first;
    private Block? _last;
    private int _start;
    private int _end;

    /// <summary>Gets the number of bytes that can be read.</summary>
    public long Count { get; private set; }

    /// <summary>Gets the number of bytes of memory that the blocks of the queue have.</summary>
    public long Capacity { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        while (bytes.Length > 0)
        {
            if (_last is null || _end == _last.Capacity)
                AddBlock(bytes.Length);
            var count = Math.Min(bytes.Length, _last!.Capacity - _end);
            bytes[..count].CopyTo(_last.Span[_end..]);
            _end += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Reads as many of the available bytes as fit into the destination, and returns their number.</summary>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (destination.Length > 0 && _first is { } block)
        {
            var end = block == _last ? _end : block.Capacity;
            var count = Math.Min(destination.Length, end - _start);
            block.Span.Slice(_start, count).CopyTo(destination);
            destination = destination[count..];
            total += count;
            Count -= count;
            _start += count;
            if (_start == end)
                RemoveFirst(block);
        }

        return total;
    }

    public void Clear()
    {
        while (_first is { } block)
            RemoveFirst(block);
        Count = 0;
    }

    private void AddBlock(int wanted)
    {
        var least = _last is null ? SmallestBlock : _last.Capacity * Growth;
        var block = pool.Rent(Math.Min(Math.Max(least, wanted), LargestBlock));
        if (_last is null)
            _first = block;
        else
            _last.Next = block;
        _last = block;
        _end = 0;
        Capacity += block.Capacity;
    }

    private void RemoveFirst(Block block)
    {
        _first = block.Next;
        if (_first is null)
            _last = null;
        block.Next = null;
        Capacity -= block.Capacity;
        block.Release();
        _start = 0;
    }
}
