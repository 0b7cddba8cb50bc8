using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// What has arrived on one stream and has not been read, in a chain of blocks of which each is larger than the one before: a stream with
/// one byte holds little, one with much needs few. Not safe for several threads: its stream's lock is around it.
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

    /// <summary>Bytes that can be read.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of memory that it holds.</summary>
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

    /// <summary>Reads the available bytes that fit.</summary>
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
