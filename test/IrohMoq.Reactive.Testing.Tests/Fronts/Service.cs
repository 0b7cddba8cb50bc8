using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A session that another endpoint has dialed, which offers the names below a prefix. Two of them with the same origin have the same first
/// hop, as two connections of one process have.
/// </summary>
internal sealed class Service : IDisposable
{
    // Names are those of one scene, so that they do not depend on other tests.
    private static readonly ConditionalWeakTable<Scene, StrongBox<int>> Numbers = [];

    private readonly OriginProducer _origin;
    private readonly Action<PendingBroadcast> _answer;
    private BroadcastRequestReader? _requests;

    private Service(OriginProducer origin, MoqSession session, Action<PendingBroadcast> answer) =>
        (_origin, Session, _answer) = (origin, session, answer);

    /// <summary>Gets the session, at the side of the service.</summary>
    public MoqSession Session { get; }

    /// <summary>Gets the names that were requested.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Opens a session with a peer, and offers a prefix on it.</summary>
    /// <param name="scene">The network.</param>
    /// <param name="to">The peer.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="answer">The action that answers a request.</param>
    /// <param name="origin">The number that determines the first hop.</param>
    /// <param name="cost">The cost of the offer.</param>
    public static async Task<Service> OpenAsync(
        Scene scene, Player to, BroadcastPath prefix, Action<PendingBroadcast> answer, int origin = 5, ulong cost = 0)
    {
        var endpoint = scene.AddRaw($"service {++Numbers.GetOrCreateValue(scene).Value}");
        var connection = await endpoint.ConnectAsync(to.Address, ["moq-lite-06"]);
        var local = new OriginProducer(scene.Network.Runtime);
        var service = new Service(local, MoqSession.Connect(connection, scene.Options with { Seed = origin }, local), answer);
        service.Offer(prefix, cost);
        await scene.PauseAsync(0.1);
        return service;
    }

    /// <summary>Begins to offer a prefix.</summary>
    public void Offer(BroadcastPath prefix, ulong cost = 0)
    {
        _requests = _origin.OpenBroadcastRequests(prefix);
        _requests.SetCost(cost);
        _ = AnswerAsync(_requests);
    }

    /// <summary>Publishes a broadcast under its name.</summary>
    public IDisposable Publish(BroadcastPath name, BroadcastProducer broadcast) => _origin.Publish(name, broadcast.Consume());

    /// <summary>Withdraws the prefix.</summary>
    public void Dispose() => _requests?.Dispose();

    private async Task AnswerAsync(BroadcastRequestReader requests)
    {
        await foreach (var request in requests.ReadAllAsync())
        {
            Asked.Add(request.Path.ToString());
            _answer(request);
        }
    }
}
