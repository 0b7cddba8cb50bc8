namespace IrohMoq.Reactive;

/// <summary>
/// Represents a part of a frame. The chunks of a frame follow each other, from its first byte to its last one; an empty frame is one empty
/// chunk. A chunk is valid until its reader reads the next one, like a <see cref="Frame"/>.
/// </summary>
public readonly struct FrameChunk
{
    private readonly Frame _bytes;

    internal FrameChunk(Frame bytes, FramePiece piece)
    {
        _bytes = bytes;
        FrameLength = piece.FrameLength;
        Offset = piece.Offset;
    }

    /// <summary>Gets the size of the payload of the whole frame, in bytes.</summary>
    public int FrameLength { get; }

    /// <summary>Gets the position of the chunk in the payload of the frame, in bytes. It is 0 for the first chunk of a frame.</summary>
    public int Offset { get; }

    /// <summary>Gets the size of the chunk, in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>Gets a value indicating whether the frame ends with the chunk.</summary>
    public bool IsLast => Offset + Length == FrameLength;

    /// <summary>Gets the media time of the frame. See <see cref="Frame.Timestamp"/>.</summary>
    public TimeSpan Timestamp => _bytes.Timestamp;

    /// <summary>Gets the bytes of the chunk.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next chunk or released the group.</exception>
    public ReadOnlySpan<byte> Payload => _bytes.Payload;

    /// <summary>Returns a copy of the bytes.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next chunk or released the group.</exception>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Writes the bytes to a stream. Their memory is retained until the write has completed.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="cancellationToken">The token that cancels the write.</param>
    /// <exception cref="ObjectDisposedException">The reader has read the next chunk or released the group.</exception>
    public ValueTask CopyToAsync(Stream destination, CancellationToken cancellationToken = default) =>
        _bytes.CopyToAsync(destination, cancellationToken);

    /// <summary>Retains the memory of the bytes, without a copy, until the returned object is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The reader has read the next chunk or released the group.</exception>
    public RetainedFrame Retain() => _bytes.Retain();
}
