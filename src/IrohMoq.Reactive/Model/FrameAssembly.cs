using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Assembles a frame of a received group from the pieces in which its payload arrives. The peer announces the size, so memory is
/// allocated as bytes arrive: a large frame starts with a small block, which grows by doubling. The same instance assembles one frame
/// after another, of any group.
/// </summary>
internal sealed class FrameAssembly
{
    private const int FirstPiece = 64 << 10;

    private GroupProducer? _group;
    private Block? _block;
    private int _size;
    private int _filled;
    private long _timestamp;

    /// <summary>Gets the number of bytes of the frame that have not arrived yet.</summary>
    public int Missing => _size - _filled;

    /// <summary>
    /// Gets the memory to which the next bytes of the frame are written: at least one byte, and no more than the number of missing bytes.
    /// </summary>
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

    /// <summary>Begins a new frame. A frame that was begun before and not committed is discarded.</summary>
    /// <param name="group">The group of the frame.</param>
    /// <param name="size">The size of the payload, in bytes.</param>
    /// <param name="timestamp">The media time of the frame, in units of the track's timescale.</param>
    /// <exception cref="MoqStreamException">The frame is too large, or the group would become too large with it.</exception>
    public void Begin(GroupProducer group, int size, long timestamp)
    {
        FrameList.ThrowIfTooLarge(size);
        Abandon();
        lock (group.Gate)
        {
            group.Frames.ThrowIfFull(size);
            _block = group.Track.Pool.Rent(Math.Min(size, FirstPiece));
            (_group, _size, _filled, _timestamp) = (group, size, 0, timestamp);
            group.Received.CountPartial(group, _block.Capacity);
        }
    }

    /// <summary>Records the number of bytes that were written to <see cref="Room"/>.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Math.Min(_size, Begun.Capacity) - _filled);
        _filled += count;
    }

    /// <summary>Adds the completed frame to its group.</summary>
    /// <exception cref="InvalidOperationException">No frame was begun.</exception>
    /// <exception cref="MoqStreamException">
    /// Bytes of the frame are missing (their memory still holds older data), or the group has ended.
    /// </exception>
    public void Commit()
    {
        var block = Begun;
        if (Missing > 0)
            throw new MoqStreamException(MoqErrorCode.WrongSize, $"A frame of {_size} bytes was given only {_filled} of them.");
        var group = _group!;
        (_group, _block) = (null, null);
        group.Commit(new CachedFrame(new BlockSlice(block, 0, _size), _timestamp));
    }

    /// <summary>Discards the current frame, if there is one, and releases its memory.</summary>
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
