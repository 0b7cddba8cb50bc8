namespace IrohMoq.Tool.Files;

/// <summary>Represents the start of a file in the content track.</summary>
/// <param name="File">The index of the file in the manifest.</param>
/// <param name="Offset">The position of the first byte that follows: the requested offset, or 0.</param>
internal sealed record FileStart(int File, long Offset);
