using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Reads the same track from one of several peers: from the first peer that announces it and, when that track ends, fails or does not start
/// in time, from the next peer.
/// </summary>
public static class Failover
{
    /// <summary>The maximum time to wait for the first line of a source.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static IObservable<string> News(Moq reader, IScheduler clock) =>
        reader.Announcements("news")
            .Where(source => source.IsActive)
            .Select(source => Read(source, clock))
            // The sources that are not read yet wait in the order of their announcements.
            .Concat();

    public static IObservable<string> Read(PeerAnnouncement source, IScheduler clock) =>
        source.Broadcast.Track("lines").Frames()
            .Timeout(Observable.Timer(Patience, clock), _ => Observable.Never<long>(), Observable.Empty<TrackFrame>())
            .EndOnFailure()
            .Select(line => Encoding.UTF8.GetString(line.Span));

    public static async Task<IReadOnlyList<string>> RunAsync(ISwarm swarm, Func<Moq, IScheduler, IObservable<string>>? news = null)
    {
        Peer reader = await swarm.AddAsync("reader"), london = await swarm.AddAsync("london"), paris = await swarm.AddAsync("paris");
        TrackProducer ofLondon = london.Publish("news"), ofParis = paris.Publish("news");
        var heard = (news ?? News)(reader.Moq, swarm.Scheduler).Replay();
        using var listening = heard.Connect();

        await reader.Moq.ConnectAsync(london.Address);
        Peer.Say(ofLondon, "1 from london");
        await heard.TakeAsync(1, swarm);
        await reader.Moq.ConnectAsync(paris.Address);
        await reader.Moq.Announcements("news").UntilAsync(source => source.RemoteId == paris.Id, swarm);
        Peer.Say(ofLondon, "2 from london");
        await heard.TakeAsync(2, swarm);

        await london.Moq.ShutdownAsync();
        Peer.Say(ofParis, "3 from paris");
        return Expect.Lines(await heard.TakeAsync(3, swarm), "1 from london", "2 from london", "3 from paris");
    }
}
