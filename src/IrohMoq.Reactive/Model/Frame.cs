using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// One frame of a group, valid until its reader moves on. Used later it throws <see cref="ObjectDisposedException"/>; it never shows other
/// bytes. To keep it, copy it (<see cref="ToArray"/>, <see cref="CopyToAsync"/>) or keep its memory (<see cref="Retain"/>) within the
/// step.
/// </summary>
public readonly struct Frame
{
    private readonly GroupConsumer _reader;
    private readonly long _step;
    private readonly BlockSlice _slice;

    internal Frame(GroupConsumer reader, long step, BlockSlice slice)
    {
        _reader = reader;
        _step = step;
        _slice = slice;
    }

    /// <summary>How many bytes of payload, 0 or more.</summary>
    public int Length => _slice.Length;

    /// <summary>The payload.</summary>
    /// <exception cref="ObjectDisposedException">The reader has moved on.</exception>
    public ReadOnlySpan<byte> Payload => Current.Span;

    private BlockSlice Current =>
        _reader is not null && _reader.IsAt(_step)
            ? _slice
            : throw new ObjectDisposedException(
                nameof(Frame), "The reader has moved on. Copy a frame, or Retain it, before the next step.");

    /// <summary>A copy of the payload.</summary>
    /// <exception cref="ObjectDisposedException">The reader has moved on.</exception>
    public byte[] ToArray() => Payload.ToArray();

    /// <summary>Writes the payload to a stream. The memory is kept until that is done.</summary>
    /// <param name="destination">The stream.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    /// <exception cref="ObjectDisposedException">The reader has moved on.</exception>
    public async ValueTask CopyToAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        using var kept = Retain();
        await destination.WriteAsync(kept.Payload, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps the payload's memory, without a copy, until the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The reader has moved on.</exception>
    public RetainedFrame Retain()
    {
        var slice = Current;
        slice.Block.Retain();
        return new RetainedFrame(slice);
    }
}
