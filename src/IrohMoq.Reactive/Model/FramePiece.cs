using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>Represents a part of a frame in the cache of a track.</summary>
/// <param name="Payload">The bytes of the part.</param>
/// <param name="FrameLength">The size of the payload of the whole frame, in bytes.</param>
/// <param name="Offset">The position of the part in the frame, in bytes.</param>
/// <param name="Timestamp">The media time of the frame, in units of the track's timescale.</param>
internal readonly record struct FramePiece(BlockSlice Payload, int FrameLength, int Offset, long Timestamp)
{
    /// <summary>Gets a value indicating whether the frame ends with the part.</summary>
    public bool IsLast => Offset + Payload.Length == FrameLength;
}
