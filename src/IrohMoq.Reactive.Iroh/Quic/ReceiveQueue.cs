using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>What has arrived on one stream and has not been read. Not safe for several threads: its stream's lock is around it.</summary>
internal struct ReceiveQueue(BlockPool pool)
{
    private const int BlockSize = 16 << 10;

    private Queue<(Block Block, int Length)>? _full;
    private Block? _last;
    private int _start;
    private int _end;

    /// <summary>Bytes that can be read.</summary>
    public long Count { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        while (bytes.Length > 0)
        {
            if (_last is null || _end == _last.Capacity)
            {
                if (_last is not null)
                    (_full ??= new()).Enqueue((_last, _end));
                _last = pool.Rent(BlockSize);
                _end = 0;
                if (_full is null or { Count: 0 })
                    _start = 0;
            }

            var count = Math.Min(bytes.Length, _last.Capacity - _end);
            bytes[..count].CopyTo(_last.Span[_end..]);
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
            var fromFull = _full is { Count: > 0 };
            var (block, end) = fromFull ? _full!.Peek() : (_last!, _end);
            var count = Math.Min(destination.Length, end - _start);
            block.Span.Slice(_start, count).CopyTo(destination);
            destination = destination[count..];
            total += count;
            Count -= count;
            _start += count;
            if (_start < end)
                continue;
            _start = 0;
            block.Release();
            if (fromFull)
            {
                _full!.Dequeue();
            }
            else
            {
                _last = null;
                _end = 0;
            }
        }

        return total;
    }

    public void Clear()
    {
        while (_full is { Count: > 0 })
            _full.Dequeue().Block.Release();
        _last?.Release();
        _last = null;
        _start = _end = 0;
        Count = 0;
    }
}
