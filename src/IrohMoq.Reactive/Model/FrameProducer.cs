namespace IrohMoq.Reactive;

/// <summary>
/// Writes one frame in pieces, whose total size is known from the beginning. Readers that read chunks, and remote readers, receive each
/// piece as it is written; others receive the frame when it is finished. Members may be called from any thread, by one writer at a time.
/// </summary>
public sealed class FrameProducer : IDisposable
{
    private readonly GroupProducer _group;
    private readonly FrameAssembly _frame = new();
    private bool _isFinished;

    internal FrameProducer(GroupProducer group, int size, long timestamp)
    {
        _group = group;
        Length = size;
        _frame.Begin(group, size, timestamp);
    }

    /// <summary>Gets the size of the payload of the whole frame, in bytes.</summary>
    public int Length { get; }

    /// <summary>Gets the number of bytes that are still to be written.</summary>
    public int Missing => _isFinished ? 0 : _frame.Missing;

    /// <summary>Writes the next bytes of the frame, which are copied. The last bytes are delivered by <see cref="Finish"/>.</summary>
    /// <param name="bytes">The bytes, no more than <see cref="Missing"/>.</param>
    /// <exception cref="MoqStreamException">
    /// There are more bytes than the frame has left (<see cref="MoqErrorCode.WrongSize"/>): none of them is written. Or the group has
    /// ended; the code tells why.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The frame is finished or was disposed.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_isFinished, this);
        if (bytes.Length > _frame.Missing)
        {
            throw new MoqStreamException(
                MoqErrorCode.WrongSize,
                $"A frame of {Length} bytes has {_frame.Missing} bytes left: {bytes.Length} were written. Begin it with its full size.");
        }

        lock (_group.Gate)
            _group.End.ThrowIfOver(_group);
        while (!bytes.IsEmpty)
        {
            var room = _frame.Room.Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            _frame.Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Completes the frame, so that the next one can be written. A second call has no effect.</summary>
    /// <exception cref="MoqStreamException">
    /// Bytes are missing (<see cref="MoqErrorCode.WrongSize"/>): write them, or dispose the frame, which ends the group. Or the group has
    /// ended; the code tells why.
    /// </exception>
    public void Finish()
    {
        if (_isFinished)
            return;
        _frame.Commit();
        _isFinished = true;
    }

    /// <summary>
    /// Aborts the group with <see cref="MoqErrorCode.Dropped"/> if the frame is not finished, because readers may have received a part of
    /// it, which no other frame can follow.
    /// </summary>
    public void Dispose()
    {
        if (_isFinished)
            return;
        _isFinished = true;
        _frame.Abandon();
        _group.Abort(MoqErrorCode.Dropped);
    }
}
