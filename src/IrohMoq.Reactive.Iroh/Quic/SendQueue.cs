using System.Buffers;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// What one stream has to send and what of it is not acknowledged yet: runs of bytes in blocks, of which it holds a reference until they are acknowledged, because ngtcp2 points at them until then.
/// Not safe for several threads: its stream's lock is around it.
/// </summary>
internal unsafe struct SendQueue(BlockPool pool)
{
    private const int FirstSlots = 8;
    private const int SmallBlock = 256;

    private BlockSlice[]? _slices;
    private int _first;
    private int _next;
    private int _end;
    private int _sentOfNext;
    private int _ackedOfFirst;
    private Block? _small;
    private int _smallUsed;

    /// <summary>Bytes that have not been sent.</summary>
    public long Unsent { get; private set; }

    /// <summary>Bytes that have not been acknowledged, sent or not.</summary>
    public long Unacknowledged { get; private set; }

    /// <summary>Adds bytes of a block, taking a reference.</summary>
    public void Add(BlockSlice slice)
    {
        if (slice.Length == 0)
            return;
        slice.Block.Retain();
        Push(slice);
    }

    /// <summary>Adds a copy of the bytes; small ones share a block.</summary>
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

        // Copies that follow one another are one run.
        if (_end > _next && _slices![_end - 1] is { } last && last.Block == slice.Block && last.Offset + last.Length == slice.Offset)
        {
            _slices[_end - 1] = last with { Length = last.Length + slice.Length };
            Unsent += slice.Length;
            Unacknowledged += slice.Length;
            return;
        }

        _small.Retain();
        Push(slice);
    }

    /// <summary>Fills in what comes next, without taking it.</summary>
    /// <returns>How many entries were filled; <paramref name="isAll"/> tells whether nothing is left beyond them.</returns>
    public readonly int Peek(NgVec* destination, int most, out bool isAll)
    {
        var count = 0;
        var offset = _sentOfNext;
        var index = _next;
        for (; index < _end && count < most; index++)
        {
            var slice = _slices![index];
            destination[count].Base = slice.Block.Address + slice.Offset + offset;
            destination[count].Length = (nuint)(slice.Length - offset);
            count++;
            offset = 0;
        }

        isAll = index == _end;
        return count;
    }

    /// <summary>Counts bytes as sent.</summary>
    public void Sent(long count)
    {
        Unsent -= count;
        while (count > 0)
        {
            var left = _slices![_next].Length - _sentOfNext;
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

    /// <summary>Gives back what was acknowledged; acknowledgements come in the order of the bytes.</summary>
    public void Acknowledged(long count)
    {
        Unacknowledged -= count;
        while (count > 0)
        {
            var left = _slices![_first].Length - _ackedOfFirst;
            if (count < left)
            {
                _ackedOfFirst += (int)count;
                return;
            }

            count -= left;
            _ackedOfFirst = 0;
            _slices[_first].Block.Release();
            _slices[_first++] = default;
        }

        if (_first == _end)
            _first = _next = _end = 0;
    }

    /// <summary>Forgets what has not been sent. What has been sent stays: ngtcp2 may still point at it.</summary>
    public void DropUnsent()
    {
        var keep = _sentOfNext > 0 ? _next + 1 : _next;
        for (var i = keep; i < _end; i++)
        {
            _slices![i].Block.Release();
            _slices[i] = default;
        }

        _end = keep;
        Unacknowledged -= Unsent;
        Unsent = 0;
    }

    /// <summary>Gives everything back: nothing points at it any more.</summary>
    public void Clear()
    {
        for (var i = _first; i < _end; i++)
            _slices![i].Block.Release();
        if (_slices is not null)
        {
            Array.Clear(_slices);
            ArrayPool<BlockSlice>.Shared.Return(_slices);
            _slices = null;
        }

        _small?.Release();
        _small = null;
        _first = _next = _end = _sentOfNext = _ackedOfFirst = 0;
        Unsent = Unacknowledged = 0;
    }

    private void Push(BlockSlice slice)
    {
        _slices ??= ArrayPool<BlockSlice>.Shared.Rent(FirstSlots);
        if (_end == _slices.Length)
            MakeRoom();
        _slices[_end++] = slice;
        Unsent += slice.Length;
        Unacknowledged += slice.Length;
    }

    private void MakeRoom()
    {
        var used = _end - _first;
        var target = used > _slices!.Length / 2 ? ArrayPool<BlockSlice>.Shared.Rent(_slices.Length * 2) : _slices;
        Array.Copy(_slices, _first, target, 0, used);
        if (target == _slices)
        {
            Array.Clear(_slices, used, _end - used);
        }
        else
        {
            Array.Clear(_slices);
            ArrayPool<BlockSlice>.Shared.Return(_slices);
            _slices = target;
        }

        _next -= _first;
        _end = used;
        _first = 0;
    }
}
