using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports how much was checked so far before a transfer: what a sender offers, or what is at a receiver already.</summary>
/// <param name="Files">The number of files that were checked.</param>
/// <param name="Bytes">The number of bytes in the files that were checked.</param>
/// <param name="Total">The number of bytes to check, or null if it is not known.</param>
internal sealed record CheckedFiles(int Files, long Bytes, long? Total) : OutputEvent("checking")
{
    public override string Text =>
        $"checking   {Amount.Of(Files, "file")}, {ByteSize.Format(Bytes)}{(Total is { } total ? $" of {ByteSize.Format(total)}" : "")}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("files", Files);
        json.WriteNumber("bytes", Bytes);
        if (Total is { } total)
            json.WriteNumber("total", total);
    }
}
