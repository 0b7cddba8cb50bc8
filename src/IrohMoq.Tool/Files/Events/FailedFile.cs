using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports a file that was not transferred.</summary>
/// <param name="Path">The relative path of the file.</param>
/// <param name="Reason">The reason, without control characters.</param>
internal sealed record FailedFile(string Path, string Reason) : OutputEvent("failed")
{
    public override string Text => $"failed     {TerminalText.Escape(Path)}: {Reason}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("path", Path);
        json.WriteString("reason", Reason);
    }
}
