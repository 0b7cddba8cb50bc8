using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports a file whose unfinished part differs from the file of the sender, so that it is received from its beginning.</summary>
/// <param name="Path">The relative path of the file.</param>
internal sealed record RestartedFile(string Path) : OutputEvent("restarted")
{
    public override string Text => $"restarted  {TerminalText.Escape(Path)}: what is here differs from the file of the sender";

    public override void WriteFields(Utf8JsonWriter json) => json.WriteString("path", Path);
}
