using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>Represents a broadcast that a peer announces, or no longer announces.</summary>
/// <param name="Path">The name of the broadcast.</param>
/// <param name="IsActive">True if the peer announces the broadcast; false if it has ended.</param>
/// <param name="IsChange">True if the broadcast began or ended while the list was followed.</param>
internal sealed record ListedBroadcast(BroadcastPath Path, bool IsActive, bool IsChange)
    : OutputEvent(IsActive ? "announced" : "withdrawn")
{
    public override string Text
    {
        get
        {
            // The name without segments is the broadcast at the root.
            var name = Path.IsEmpty ? "/" : TerminalText.Escape(Path.ToString());
            return IsChange ? $"{(IsActive ? '+' : '-')} {name}" : name;
        }
    }

    public override void WriteFields(Utf8JsonWriter json) => json.WriteString("name", Path.ToString());
}
