namespace IrohMoq.Tool.Files;

/// <summary>Represents a file that the sender cannot send, or not to its end.</summary>
/// <param name="File">The index of the file in the manifest.</param>
/// <param name="Error">The reason.</param>
internal sealed record FileFailure(int File, string Error);
