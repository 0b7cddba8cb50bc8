using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Puts together a frame of a received group whose payload comes piece by piece. The size is announced by the peer, so memory is taken as
/// bytes come: a large frame starts small and grows by doubling. It is used for one frame after another, of any group.
/// </summary>
internal sealed class FrameAssembly
{
    private const int FirstPiece = 64 << 10;

    private GroupProducer? _group;
    private Block? _block;
    private int _size;
    private int _filled;

    /// <summary>Gets how many bytes of the frame are missing.</summary>
    public int Missing => _size - _filled;

    /// <summary>Gets the memory for the next bytes of the frame: at least one byte, and no more than are missing.</summary>
    public Memory<byte> Room
    {
        get
        {
            var block = Begun;
            if (_filled == block.Capacity)
            {
                var larger = _group!.Track.Pool.Rent((int)Math.Min(_size, block.Capacity * 2L));
                block.Span[.._filled].CopyTo(larger.Span);
                block.Release();
                _block = block = larger;
                lock (_group.Gate)
                    _group.Received.CountPartial(_group, block.Capacity);
            }

            return block.Memory[_filled..Math.Min(_size, block.Capacity)];
        }
    }

    private Block Begun => _block ?? throw new InvalidOperationException("No frame was begun.");

    /// <summary>Begins a frame. A frame that was begun before and is not committed is abandoned.</summary>
    /// <param name="group">The group of the frame.</param>
    /// <param name="size">The size of the payload.</param>
    /// <exception cref="MoqStreamException">The frame, or the group with it, would be too large.</exception>
    public void Begin(GroupProducer group, int size)
    {
        FrameList.ThrowIfTooLarge(size);
        Abandon();
        lock (group.Gate)
        {
            group.Frames.ThrowIfFull(size);
            _block = group.Track.Pool.Rent(Math.Min(size, FirstPiece));
            (_group, _size, _filled) = (group, size, 0);
            group.Received.CountPartial(group, _block.Capacity);
        }
    }

    /// <summary>Counts bytes that were put into <see cref="Room"/>.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Math.Min(_size, Begun.Capacity) - _filled);
        _filled += count;
    }

    /// <summary>Writes the frame to its group.</summary>
    /// <exception cref="InvalidOperationException">No frame was begun.</exception>
    /// <exception cref="MoqStreamException">Bytes are missing, which would be those of an older frame; or the group is over.</exception>
    public void Commit()
    {
        var block = Begun;
        if (Missing > 0)
            throw new MoqStreamException(MoqErrorCode.WrongSize, $"A frame of {_size} bytes was given only {_filled} of them.");
        var group = _group!;
        (_group, _block) = (null, null);
        group.Commit(new BlockSlice(block, 0, _size));
    }

    /// <summary>Gives back the memory of the begun frame, if there is one.</summary>
    public void Abandon()
    {
        if (_group is not { } group)
            return;
        _block?.Release();
        (_group, _block, _size, _filled) = (null, null, 0, 0);
        lock (group.Gate)
            group.Received.CountPartial(group, 0);
    }
}
