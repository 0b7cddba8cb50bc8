using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports a file that is at the receiver, and verified.</summary>
/// <param name="Path">The relative path of the file.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Sha256">The SHA-256 hash of the file, in hexadecimal digits.</param>
/// <param name="WasHere">True if the file existed before, with the same contents.</param>
internal sealed record ReceivedFile(string Path, long Size, string Sha256, bool WasHere) : OutputEvent("file")
{
    /// <summary>Gets a value indicating whether the file is shown to people; programs receive each file.</summary>
    public bool IsListed { get; init; } = true;

    public override string? Text =>
        IsListed ? $"{(WasHere ? "here      " : "received  ")} {TerminalText.Escape(Path)}   {ByteSize.Format(Size)}" : null;

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("path", Path);
        json.WriteNumber("bytes", Size);
        json.WriteString("sha256", Sha256);
        json.WriteBoolean("already_here", WasHere);
    }
}
