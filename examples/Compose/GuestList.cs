using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Accepts incoming sessions of the peers on a guest list, and reads their greetings. Other peers may dial, but are not read.
/// </summary>
public static class GuestList
{
    public static IObservable<string> Heard(Moq host, IReadOnlySet<EndpointId> guests) =>
        host.IncomingSessions()
            .Where(incoming => guests.Contains(incoming.RemoteId))
            .Select(incoming => incoming.Accept())
            .SelectMany(session => session.WatchBroadcast("greeting"))
            .SelectMany(greeting => greeting.Track("lines").Frames().EndOnFailure())
            .Select(frame => Encoding.UTF8.GetString(frame.Span));

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm, Func<Moq, IReadOnlySet<EndpointId>, IObservable<string>>? heard = null)
    {
        Peer host = await swarm.AddAsync("host"), mallory = await swarm.AddAsync("mallory");
        Peer alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var lines = (heard ?? Heard)(host.Moq, new HashSet<EndpointId> { alice.Id, bob.Id }).TakeAsync(2, swarm);

        foreach (var peer in new[] { mallory, alice, bob })
        {
            Peer.Say(peer.Publish("greeting"), $"hello from {peer.Name}");
            await peer.Moq.ConnectAsync(host.Address);
        }

        return Expect.Lines((await lines).Order(StringComparer.Ordinal), "hello from alice", "hello from bob");
    }
}
