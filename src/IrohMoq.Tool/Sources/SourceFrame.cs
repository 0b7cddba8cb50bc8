using System.Buffers;

namespace IrohMoq.Tool.Sources;

/// <summary>Represents a frame to publish.</summary>
/// <param name="Payload">The bytes of the frame, valid until the next read of the source.</param>
/// <param name="BeginsGroup">True if the frame is the first of a new group; otherwise, false.</param>
internal readonly record struct SourceFrame(ReadOnlySequence<byte> Payload, bool BeginsGroup);
