namespace IrohMoq.Tool.Files;

/// <summary>Represents the end of a file in the content track.</summary>
/// <param name="Sha256">The SHA-256 hash of the whole file, in hexadecimal digits.</param>
internal sealed record FileEnd(string Sha256);
