using System.Collections.Immutable;
using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Who is here, now and on every change. A closing never overtakes its opening.</summary>
public static class Presence
{
    public static IObservable<ImmutableSortedSet<EndpointId>> Here(Moq moq) =>
        moq.SessionEvents().Scan(ImmutableSortedSet<EndpointId>.Empty, (here, e) => e.IsOpening ? here.Add(e.RemoteId) : here.Remove(e.RemoteId));

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, IObservable<ImmutableSortedSet<EndpointId>>>? here = null)
    {
        Peer hall = await swarm.AddAsync("hall"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var shown = (here ?? Here)(hall.Moq).Select(ids => string.Join(" and ", new[] { alice, bob }.Where(peer => ids.Contains(peer.Id)).Select(peer => peer.Name))).Replay();
        using var watching = shown.Connect();

        // One dials the hall, the other one is dialed.
        await alice.Moq.ConnectAsync(hall.Address);
        await shown.UntilAsync(names => names == "alice", swarm);
        await hall.Moq.ConnectAsync(bob.Address);
        await shown.UntilAsync(names => names == "alice and bob", swarm);
        await alice.Moq.ShutdownAsync();
        await shown.UntilAsync(names => names == "bob", swarm);
        await bob.Moq.ShutdownAsync();
        return Expect.Lines(await shown.TakeAsync(4, swarm), "alice", "alice and bob", "bob", "");
    }
}
