using System.Text.Json;

namespace IrohMoq.Tool.Output;

/// <summary>Reports that a list of what a peer announces is complete, and that changes follow.</summary>
/// <param name="Count">The number of broadcasts and routes in the list.</param>
/// <param name="IsTold">True if the peer has marked the end of the list; false if nothing has arrived for some time.</param>
internal sealed record CaughtUp(int Count, bool IsTold) : OutputEvent("caught_up")
{
    /// <summary>Gets null: for people, the list alone is enough.</summary>
    public override string? Text => null;

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Count);
        json.WriteBoolean("told", IsTold);
    }
}
