using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>The ways by which broadcasts come, and what they cost.</summary>
public static class Routes
{
    /// <summary>Gets the options of a relay that readers use only if they have no better one.</summary>
    public static MoqOptions DistantRelay { get; } = new() { ConnectionCost = 50 };

    public static async Task ShowAsync(Moq moq, BroadcastPath prefix, Action<string> show, CancellationToken stop = default)
    {
        await foreach (var now in moq.ReadAnnouncementsAsync(prefix, includeHidden: false, includeRouteChanges: true, stop))
        {
            var sign = !now.IsActive ? "-" : now.IsRouteChange ? "~" : "+";
            show($"{sign} {now.Path}: {now.Route.Hops.Count} hops, cost {now.Route.WarmCost}");
        }
    }

    /// <summary>Offers broadcasts that are requested here only if nobody else offers them.</summary>
    public static BroadcastRequestReader OpenStandby(Moq moq, BroadcastPath prefix)
    {
        var requests = moq.OpenBroadcastRequests(prefix);
        requests.SetCost(warm: 1_000);
        return requests;
    }
}
