using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A session that another endpoint has dialed, with broadcasts of its own. Two of them with the same origin have the same first hop, as two
/// connections of one process have.
/// </summary>
internal sealed class Route : IDisposable
{
    // Names are those of one scene, so that they do not depend on other tests.
    private static readonly ConditionalWeakTable<Scene, StrongBox<int>> Numbers = [];

    private readonly IDisposable _publication;
    private readonly OriginProducer _origin;

    private Route(InMemoryEndpoint endpoint, MoqSession session, OriginProducer origin, BroadcastConsumer broadcast)
    {
        (Endpoint, Session, _origin) = (endpoint, session, origin);
        _publication = origin.Publish(TwoRelays.Name, broadcast);
    }

    public InMemoryEndpoint Endpoint { get; }

    /// <summary>Gets the session, at the side of the publisher.</summary>
    public MoqSession Session { get; }

    /// <summary>Opens a session with a peer, and publishes a broadcast on it.</summary>
    /// <param name="scene">The network.</param>
    /// <param name="to">The peer.</param>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="origin">The number that determines the first hop.</param>
    /// <param name="version">The version of the session.</param>
    public static async Task<Route> OpenAsync(
        Scene scene, Player to, BroadcastProducer broadcast, int origin = 5, string version = "moq-lite-06")
    {
        var endpoint = scene.AddRaw($"route {++Numbers.GetOrCreateValue(scene).Value}");
        var connection = await endpoint.ConnectAsync(to.Address, [version]);
        var local = new OriginProducer(scene.Network.Runtime);
        var session = MoqSession.Connect(connection, scene.Options with { Seed = origin }, local);
        var route = new Route(endpoint, session, local, broadcast.Consume());
        await scene.PauseAsync(0.1);
        return route;
    }

    /// <summary>Publishes another broadcast under the name.</summary>
    public IDisposable Replace(BroadcastProducer broadcast) => _origin.Publish(TwoRelays.Name, broadcast.Consume());

    /// <summary>Withdraws the broadcast.</summary>
    public void Dispose() => _publication.Dispose();
}
