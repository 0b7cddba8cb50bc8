using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>How sessions with one peer begin and end, while it is dialed again and again.</summary>
public static class CrashedPeers
{
    public static IObservable<string> Log(Moq moq, EndpointAddr remote) =>
        moq.Reconnect(remote, new ReconnectOptions { GiveUpAfter = TimeSpan.FromMinutes(10) })
            .SelectMany(session => moq.SessionEvents()
                .Where(change => change.Session == session)
                .TakeUntil(change => !change.IsOpening))
            .Select(change => change.Closed is { } closed ? $"lost: {closed.Cause}" : "connected");
}
