using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports that a receiver dials the sender again after a pause.</summary>
/// <param name="Reason">Why the last attempt has ended, without control characters.</param>
/// <param name="Pause">The duration of the pause.</param>
internal sealed record RetriedTransfer(string Reason, TimeSpan Pause) : OutputEvent("retry")
{
    public override string Text => $"retry      in {Pause.TotalSeconds:0} s: {Reason}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("reason", Reason);
        json.WriteNumber("seconds", Pause.TotalSeconds);
    }
}
