namespace IrohMoq.Tool.Sources;

/// <summary>A frame to publish.</summary>
/// <param name="Payload">Its bytes, valid until the source is read again.</param>
/// <param name="BeginsGroup">True if a new group begins with it.</param>
internal readonly record struct SourceFrame(ReadOnlyMemory<byte> Payload, bool BeginsGroup);
