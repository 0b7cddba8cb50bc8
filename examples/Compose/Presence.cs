using System.Collections.Immutable;
using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Shows the peers that are connected, now and after every change. The set never contains a peer that has left.</summary>
public static class Presence
{
    public static IObservable<ImmutableSortedSet<EndpointId>> Here(Moq moq) =>
        moq.OpenSessions().Select(sessions => sessions.Select(session => session.RemoteId).ToImmutableSortedSet());

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm, Func<Moq, IObservable<ImmutableSortedSet<EndpointId>>>? here = null)
    {
        Peer hall = await swarm.AddAsync("hall"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var shown = (here ?? Here)(hall.Moq).Select(NamesOf).Where(names => names.Length > 0).Replay();
        using var watching = shown.Connect();

        // Alice dials the hall, and the hall dials Bob.
        await alice.Moq.ConnectAsync(hall.Address);
        await shown.UntilAsync(names => names == "alice", swarm);
        await hall.Moq.ConnectAsync(bob.Address);
        await shown.UntilAsync(names => names == "alice and bob", swarm);
        await alice.Moq.ShutdownAsync();
        await shown.UntilAsync(names => names == "bob", swarm);
        return Expect.Lines(await shown.TakeAsync(3, swarm), "alice", "alice and bob", "bob");

        string NamesOf(ImmutableSortedSet<EndpointId> ids) =>
            string.Join(" and ", new[] { alice, bob }.Where(peer => ids.Contains(peer.Id)).Select(peer => peer.Name));
    }
}
