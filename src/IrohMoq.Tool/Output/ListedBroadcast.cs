using System.Globalization;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>Represents a broadcast or a route that a peer announces, or no longer announces.</summary>
/// <param name="Path">The name of the broadcast, or the prefix of the names that can be requested.</param>
/// <param name="Route">The way to it.</param>
/// <param name="Change">What has changed about it, if the list is followed.</param>
internal sealed record ListedBroadcast(BroadcastPath Path, BroadcastRoute Route, ListedChange Change)
    : OutputEvent(Change switch { ListedChange.End => "withdrawn", ListedChange.Route => "updated", _ => "announced" })
{
    /// <summary>
    /// Gets a value indicating whether the line for people contains the route. That of a changed route always does, because it would say
    /// nothing without.
    /// </summary>
    public bool HasDetails { get; init; }

    public override string Text
    {
        get
        {
            var name = BroadcastName.Of(Path);
            var line = Change switch
            {
                ListedChange.Begin => $"+ {name}",
                ListedChange.Route => $"~ {name}",
                ListedChange.End => $"- {name}",
                _ => name,
            };
            return Change is ListedChange.Route || (HasDetails && Change is not ListedChange.End) ? $"{line}   {Details}" : line;
        }
    }

    private string Kind => Route.IsPrefix ? "route" : "broadcast";

    private string Details =>
        $"{Kind}, {Amount.Of(Route.Hops.Count, "hop")}{(Route.IsPrefix ? $", {DescribeCosts(Route.WarmCost, Route.ColdCost)}" : "")}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("name", Path.ToString());
        if (Change == ListedChange.End)
            return;
        json.WriteString("kind", Kind);
        json.WriteStartArray("hops");
        foreach (var hop in Route.Hops)
            json.WriteStringValue(hop.ToString("x", CultureInfo.InvariantCulture));
        json.WriteEndArray();
        if (!Route.IsPrefix)
            return;
        json.WriteNumber("warm_cost", Route.WarmCost);
        json.WriteNumber("cold_cost", Route.ColdCost);
    }

    // The highest cost is a mark and no sum, which nobody recognizes by its 19 digits.
    private static string DescribeCosts(ulong warm, ulong cold) =>
        warm == BroadcastRoute.MaxCost && cold == warm ? "only if there is no other" : $"cost {Describe(warm)} warm, {Describe(cold)} cold";

    private static string Describe(ulong cost) => cost == BroadcastRoute.MaxCost ? "highest" : $"{cost}";
}
