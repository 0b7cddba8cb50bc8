using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports the number and the size of the files that a sender offers.</summary>
/// <param name="Manifest">The list of the files.</param>
/// <param name="Ticket">The ticket at the sender; null at a receiver.</param>
internal sealed record OfferedFiles(Manifest Manifest, string? Ticket) : OutputEvent("files")
{
    public override string Text
    {
        get
        {
            var files = Manifest.FileCount == 1 ? "1 file" : $"{Manifest.FileCount:N0} files";
            var text = $"files      {files}, {ByteSize.Format(Manifest.TotalSize)}";
            return Ticket is null ? text : $"{text}{Environment.NewLine}receive    moq receive {Ticket}";
        }
    }

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("files", Manifest.FileCount);
        json.WriteNumber("folders", Manifest.Entries.Count - Manifest.FileCount);
        json.WriteNumber("bytes", Manifest.TotalSize);
    }
}
