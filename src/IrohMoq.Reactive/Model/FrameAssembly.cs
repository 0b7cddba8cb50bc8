using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Assembles a frame of a group from the pieces in which its payload arrives. Readers can read the pieces before the frame is complete. A
/// peer announces the size, so memory is allocated as bytes arrive: a large frame starts with a small block, which grows by doubling. The
/// same instance assembles one frame after another, of any group.
/// </summary>
internal sealed class FrameAssembly
{
    private const int FirstPiece = 64 << 10;

    private GroupProducer? _group;
    private Block? _block;
    private int _size;
    private int _filled;

    /// <summary>Gets the size of the whole payload, in bytes.</summary>
    public int Size => _size;

    /// <summary>Gets the media time of the frame, in units of the track's timescale.</summary>
    public long Timestamp { get; private set; }

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
                lock (_group.Gate)
                {
                    block.Release();
                    _block = block = larger;
                    _group.Received.CountPartial(_group, block.Capacity);
                }
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
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        FrameList.ThrowIfTooLarge(size);
        Abandon();
        lock (group.Gate)
        {
            group.Frames.ThrowIfFull(size);
            _block = group.Track.Pool.Rent(Math.Clamp(size, 1, FirstPiece));
            (_group, _size, _filled, Timestamp) = (group, size, 0, timestamp);
            group.Received.Arriving = this;
            group.Received.CountPartial(group, _block.Capacity);
        }
    }

    /// <summary>Records the number of bytes that were written to <see cref="Room"/>.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Math.Min(_size, Begun.Capacity) - _filled);
        lock (_group!.Gate)
        {
            _filled += count;
            // The last bytes are read with the complete frame.
            if (Missing > 0)
                _group.Readers.WakeForPieces();
        }
    }

    /// <summary>
    /// Determines whether bytes have arrived behind an offset. The last bytes of a frame are read with the complete frame. The caller must
    /// hold the lock of the track.
    /// </summary>
    public bool HasMoreThan(int offset) => _filled > offset && Missing > 0;

    /// <summary>
    /// Returns the bytes that have arrived, from an offset on, which must be some. The caller must hold the lock of the track, and releases
    /// the block.
    /// </summary>
    public BlockSlice From(int offset)
    {
        Begun.Retain();
        return new BlockSlice(Begun, offset, _filled - offset);
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
        lock (group.Gate)
        {
            group.Received.Arriving = null;
            (_group, _block) = (null, null);
            group.Commit(new CachedFrame(new BlockSlice(block, 0, _size), Timestamp));
        }
    }

    /// <summary>Discards the current frame, if there is one, and releases its memory.</summary>
    public void Abandon()
    {
        if (_group is not { } group)
            return;
        lock (group.Gate)
        {
            group.Received.Arriving = null;
            _block?.Release();
            (_group, _block, _size, _filled) = (null, null, 0, 0);
            group.Received.CountPartial(group, 0);
        }
    }
}
