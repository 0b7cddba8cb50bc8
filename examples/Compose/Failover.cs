using System.Collections.Immutable;
using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Reads the same track from whichever peer has it: from the first that announced it, and when that is lost, from the next.
/// </summary>
public static class Failover
{
    public static IObservable<string> News(Moq reader) =>
        reader.Announcements("news")
            .Scan(
                ImmutableList<PeerAnnouncement>.Empty,
                (sources, a) => a.IsActive ? sources.Add(a) : sources.RemoveAll(source => source.Broadcast == a.Broadcast))
            .Select(sources => sources.FirstOrDefault())
            .DistinctUntilChanged()
            .Select(source => source?.Broadcast.Track("lines").Frames().EndOnFailure() ?? Observable.Never<TrackFrame>())
            .Switch()
            .Select(line => Encoding.UTF8.GetString(line.Span));

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, IObservable<string>>? news = null)
    {
        Peer reader = await swarm.AddAsync("reader"), london = await swarm.AddAsync("london"), paris = await swarm.AddAsync("paris");
        TrackProducer ofLondon = london.Publish("news"), ofParis = paris.Publish("news");
        var heard = (news ?? News)(reader.Moq).Replay();
        using var listening = heard.Connect();

        await reader.Moq.ConnectAsync(london.Address);
        Peer.Say(ofLondon, "1 from london");
        await heard.TakeAsync(1, swarm);
        await reader.Moq.ConnectAsync(paris.Address);
        Peer.Say(ofParis, "2 from paris");
        Peer.Say(ofLondon, "2 from london");
        await heard.TakeAsync(2, swarm);

        await london.Moq.ShutdownAsync();
        Peer.Say(ofParis, "3 from paris");
        return Expect.Lines((await heard.Where(line => line[0] != '2').TakeAsync(2, swarm)), "1 from london", "3 from paris");
    }
}
