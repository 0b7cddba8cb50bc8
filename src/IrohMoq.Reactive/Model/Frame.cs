using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a frame of a group. The frame is valid until its reader reads the next frame; later use throws
/// <see cref="ObjectDisposedException"/> and never returns other bytes. To keep a frame, copy it (<see cref="ToArray"/>,
/// <see cref="CopyToAsync"/>) or retain its memory (<see cref="Retain"/>) before that.
/// </summary>
public readonly struct Frame
{
    private readonly GroupConsumer _reader;
    private readonly long _step;
    private readonly CachedFrame _frame;

    internal Frame(GroupConsumer reader, long step, CachedFrame frame)
    {
        _reader = reader;
        _step = step;
        _frame = frame;
    }

    /// <summary>Gets the size of the payload, in bytes.</summary>
    public int Length => _frame.Payload.Length;

    /// <summary>
    /// Gets the media time of the frame, as its publisher has set it; by default, the time at which it was written, counted from the
    /// creation of the broadcast. moq-lite-03 and 04 send no timestamps: there it is the time at which the frame arrived, counted from the
    /// announcement of the broadcast. It need not be higher than that of the frame before.
    /// </summary>
    public TimeSpan Timestamp => _reader is null ? default : MediaTime.ToTime(_frame.Timestamp, _reader.Timescale);

    /// <summary>Gets the payload of the frame.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next frame or released the group.</exception>
    public ReadOnlySpan<byte> Payload => Current.Span;

    private BlockSlice Current =>
        _reader is not null && _reader.IsAt(_step)
            ? _frame.Payload
            : throw new ObjectDisposedException(
                nameof(Frame), "The reader has moved on. Copy a frame, or Retain it, before the next step.");

    /// <summary>Returns a copy of the payload.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next frame or released the group.</exception>
    public byte[] ToArray() => Payload.ToArray();

    /// <summary>Writes the payload to a stream. The memory of the payload is retained until the write has completed.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="cancellationToken">The token that cancels the write.</param>
    /// <exception cref="ObjectDisposedException">The reader has read the next frame or released the group.</exception>
    public async ValueTask CopyToAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        using var kept = Retain();
        await destination.WriteAsync(kept.Payload, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Retains the memory of the payload, without a copy, until the returned object is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next frame or released the group.</exception>
    public RetainedFrame Retain()
    {
        var slice = Current;
        slice.Block.Retain();
        return new RetainedFrame(slice);
    }
}
