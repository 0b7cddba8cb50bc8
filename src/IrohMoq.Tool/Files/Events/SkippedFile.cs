using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports a file inside a folder that is not sent.</summary>
/// <param name="Path">The relative path of the file.</param>
/// <param name="Reason">The reason.</param>
internal sealed record SkippedFile(string Path, string Reason) : OutputEvent("skipped")
{
    public override string Text => $"skipped    {TerminalText.Escape(Path)}: {Reason}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("path", Path);
        json.WriteString("reason", Reason);
    }
}
