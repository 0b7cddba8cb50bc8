using System.Collections.Immutable;
using System.Reactive.Linq;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>Shows the number of viewers of each broadcast, now and after every change.</summary>
public static class Viewers
{
    public static IObservable<ImmutableSortedDictionary<string, int>> Counts(IReadOnlyDictionary<string, BroadcastProducer> program) =>
        program
            .Select(channel => channel.Value.SubscriberCounts().Select(viewers => (Name: channel.Key, Viewers: viewers)))
            .Merge()
            .Scan(ImmutableSortedDictionary<string, int>.Empty, (counts, now) => counts.SetItem(now.Name, now.Viewers));

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm,
        Func<IReadOnlyDictionary<string, BroadcastProducer>, IObservable<ImmutableSortedDictionary<string, int>>>? counts = null)
    {
        Peer studio = await swarm.AddAsync("studio"), alice = await swarm.AddAsync("alice"), bob = await swarm.AddAsync("bob");
        var program = new[] { "film", "news" }.ToDictionary(name => name, _ => studio.Moq.CreateBroadcast());
        foreach (var (name, broadcast) in program)
        {
            broadcast.CreateTrack("picture");
            studio.Moq.Publish(name, broadcast);
        }

        var shown = (counts ?? Counts)(program)
            .Select(now => string.Join(", ", now.Select(channel => $"{channel.Key} {channel.Value}")))
            .Replay();
        using var watching = shown.Connect();
        await shown.UntilAsync(board => board == "film 0, news 0", swarm);

        using var first = Watch(alice, "film");
        await shown.UntilAsync(board => board == "film 1, news 0", swarm);
        using var second = Watch(bob, "news");
        await shown.UntilAsync(board => board == "film 1, news 1", swarm);
        using var third = Watch(bob, "film");
        await shown.UntilAsync(board => board == "film 2, news 1", swarm);
        first.Dispose();
        await shown.Skip(5).UntilAsync(board => board == "film 1, news 1", swarm);
        second.Dispose();
        await shown.Skip(6).UntilAsync(board => board == "film 1, news 0", swarm);

        return Expect.Lines(
            await shown.Where(board => board.Length > "film 0".Length).TakeAsync(6, swarm),
            "film 0, news 0", "film 1, news 0", "film 1, news 1", "film 2, news 1", "film 1, news 1", "film 1, news 0");

        IDisposable Watch(Peer viewer, BroadcastPath name) => viewer.Moq.Connect(studio.Address)
            .SelectMany(session => session.WatchBroadcast(name))
            .SelectMany(channel => channel.Track("picture").Frames().EndOnFailure())
            .Subscribe();
    }
}
