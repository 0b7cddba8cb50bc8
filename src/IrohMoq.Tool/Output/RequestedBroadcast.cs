using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>Reports that a broadcast is requested which the peer does not announce under its name.</summary>
/// <param name="Broadcast">The name of the broadcast.</param>
/// <param name="Route">The announced route below which the name is.</param>
internal sealed record RequestedBroadcast(string Broadcast, BroadcastPath Route) : OutputEvent("requested")
{
    public override string Text =>
        $"requested  {TerminalText.Escape(Broadcast)} below the route {BroadcastName.Of(Route)}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("name", TerminalText.Bound(Broadcast));
        json.WriteString("route", TerminalText.Bound(Route.ToString()));
    }
}
