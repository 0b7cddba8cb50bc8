using System.Text.Json;

namespace IrohMoq.Tool.Output;

/// <summary>Reports that a group was read to its end.</summary>
/// <param name="Broadcast">The name of the broadcast.</param>
/// <param name="Track">The name of the track.</param>
/// <param name="Group">The number of the group.</param>
/// <param name="Frames">The number of frames.</param>
/// <param name="Bytes">The number of payload bytes.</param>
internal sealed record FetchedGroup(string Broadcast, string Track, ulong Group, long Frames, long Bytes) : OutputEvent("fetched")
{
    public override string Text =>
        $"fetched    {TerminalText.Escape(Broadcast)} {TerminalText.Escape(Track)} group {Group}   {Amount.Of(Frames, "frame")} "
        + Amount.Of(Bytes, "byte");

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("name", TerminalText.Bound(Broadcast));
        json.WriteString("track", TerminalText.Bound(Track));
        json.WriteNumber("group", Group);
        json.WriteNumber("frames", Frames);
        json.WriteNumber("bytes", Bytes);
    }
}
