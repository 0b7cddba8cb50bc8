using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary><c>moq.Announcements</c>: what all peers announce, as one stream.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class AnnouncementsTests
{
    [Test]
    public void PresentAndFutureSessions_AreAllReported() => Peers.Run(async peers =>
    {
        var carol = peers.Network.AddPeer("carol");
        peers.Alice.Publish("chat/alice", peers.NewBroadcast().Broadcast);
        peers.Alice.Publish("studio/alice", peers.NewBroadcast().Broadcast);
        await peers.Bob.ConnectAsync(peers.ToAlice);
        await peers.PauseAsync(1);
        using var announced = peers.Note(peers.Bob.Announcements("chat/"));
        await peers.PauseAsync(1);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+chat/alice" }));

        // One peer dials, and another one publishes later.
        await carol.ConnectAsync(peers.Network.AddressOf(peers.Bob));
        using var live = carol.Publish("chat/carol", peers.NewBroadcast().Broadcast);
        await peers.PauseAsync(1);
        live.Dispose();
        await peers.PauseAsync(1);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+chat/alice", "+chat/carol", "-chat/carol" }));
        Assert.That(announced.Items[1].RemoteId, Is.EqualTo(peers.Network.EndpointOf(carol).Id));
        Assert.That(announced.Items[2].Broadcast, Is.SameAs(announced.Items[1].Broadcast));
    });

    [Test]
    public void SessionEnds_ItsLiveBroadcastsAreReportedAsEnded() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("chat/a", peers.NewBroadcast().Broadcast);
        peers.Alice.Publish("chat/b", peers.NewBroadcast().Broadcast);
        await peers.Bob.ConnectAsync(peers.ToAlice);
        using var announced = peers.Note(peers.Bob.Announcements());
        await peers.PauseAsync(1);
        var before = peers.Seconds;
        peers.Network.Kill(peers.Alice);
        await peers.PauseAsync(31);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+chat/a", "+chat/b", "-chat/a", "-chat/b" }));
        Assert.That(announced.Times[^1] - before, Is.EqualTo(30).Within(0.001));
        Assert.That(announced.IsOver, Is.False);
    });

    [Test]
    public void SameName_FromTwoPeersIsTwoBroadcasts() => Peers.Run(async peers =>
    {
        var carol = peers.Network.AddPeer("carol");
        foreach (var peer in new[] { peers.Alice, carol })
        {
            peer.Publish("studio/main", peers.NewBroadcast().Broadcast);
            await peers.Bob.ConnectAsync(peers.Network.AddressOf(peer));
        }

        using var announced = peers.Note(peers.Bob.Announcements("studio/main"));
        await peers.PauseAsync(1);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+studio/main", "+studio/main" }));
        Assert.That(
            announced.Items.Select(static a => a.RemoteId), Is.EqualTo(new[] { peers.ToAlice.Id, peers.Network.EndpointOf(carol).Id }));
    });

    [Test]
    public void Shutdown_ReportsTheEndsAndCompletes() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("chat/alice", peers.NewBroadcast().Broadcast);
        await peers.Bob.ConnectAsync(peers.ToAlice);
        using var announced = peers.Note(peers.Bob.Announcements());
        await peers.PauseAsync(1);
        await peers.Bob.DisposeAsync();
        using var late = peers.Note(peers.Bob.Announcements());
        await peers.PauseAsync(1);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+chat/alice", "-chat/alice" }));
        Assert.That((announced.IsCompleted, late.Items.Count, late.IsCompleted), Is.EqualTo((true, 0, true)));
    });

    [Test]
    public void EndpointDies_ReportsTheEndsAndFails() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("chat/alice", peers.NewBroadcast().Broadcast);
        await peers.Bob.ConnectAsync(peers.ToAlice);
        using var announced = peers.Note(peers.Bob.Announcements());
        await peers.PauseAsync(1);
        peers.Network.Kill(peers.Bob);
        await peers.PauseAsync(1);
        Assert.That(Texts(announced), Is.EqualTo(new[] { "+chat/alice", "-chat/alice" }));
        Assert.That(announced.Failure, Is.TypeOf<MoqException>());
    });

    [Test]
    public void Unsubscribed_NothingComesAndTheSessionsStay() => Peers.Run(async peers =>
    {
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        var announced = peers.Note(peers.Bob.Announcements());
        await peers.PauseAsync(1);
        announced.Dispose();
        peers.Alice.Publish("chat/alice", peers.NewBroadcast().Broadcast);
        await peers.PauseAsync(1);
        Assert.That((announced.Items.Count, announced.IsOver, session.Closed.IsCompleted), Is.EqualTo((0, false, false)));
    });

    [Test]
    public void SlowObserver_GetsWhatLasts() => Peers.Run(async peers =>
    {
        await peers.Bob.ConnectAsync(peers.ToAlice);
        var seen = new List<string>();
        var reading = ReadAsync(peers, seen);
        for (var i = 0; i < 20; i++)
        {
            var (broadcast, _) = peers.NewBroadcast();
            using (peers.Alice.Publish($"chat/{i % 4}", broadcast))
                await peers.PauseAsync(0.1);
        }

        using var last = peers.Alice.Publish("chat/9", peers.NewBroadcast().Broadcast);
        await reading;
        Assert.That(seen[0], Is.EqualTo("+chat/0"));
        Assert.That(seen[^1], Is.EqualTo("+chat/9"));
        Assert.That(seen, Has.Count.LessThan(10), "Broadcasts that began and ended while it was busy are not reported.");
    });

    [Test]
    public void ObserverMissesSessions_ItGetsTheirBroadcastsNevertheless() => Peers.Run(async peers =>
    {
        var hub = peers.Network.AddPeer("hub", new MoqOptions { NoticeCapacity = 2 });
        using var flood = Flood(peers, hub);
        using var announced = peers.Note(hub.Announcements("chat/"));
        var missed = 0L;
        using var incoming = hub.IncomingSessions(onSkipped: more => missed += more).Subscribe();
        var expected = await DialAtOnceAsync(peers, hub);
        Assert.That(missed, Is.GreaterThan(0), "so many at once do pass by");
        Assert.That(Texts(announced), Is.EquivalentTo(expected));
    });

    [Test]
    public void ReaderMissesSessions_ItGetsTheirBroadcastsNevertheless() => Peers.Run(async peers =>
    {
        var hub = peers.Network.AddPeer("hub", new MoqOptions { NoticeCapacity = 2 });
        var first = peers.Network.AddPeer("first");
        first.Publish("chat/first", peers.NewBroadcast().Broadcast);
        await first.ConnectAsync(peers.Network.AddressOf(hub));
        using var flood = Flood(peers, hub);
        await using var reader = hub.ReadAnnouncementsAsync("chat/").GetAsyncEnumerator();
        Assert.That(await reader.MoveNextAsync(), Is.True);

        var missed = 0L;
        using var incoming = hub.IncomingSessions(onSkipped: more => missed += more).Subscribe();
        var expected = await DialAtOnceAsync(peers, hub);
        Assert.That(missed, Is.GreaterThan(0), "so many at once do pass by");
        var told = new List<string>();
        while (told.Count < expected.Length && await reader.MoveNextAsync())
            told.Add(Text(reader.Current));
        Assert.That(told, Is.EquivalentTo(expected));
    });

    /// <summary>Represents an observer that fills the ring before the observers after it get a session that has opened.</summary>
    private static IDisposable Flood(Peers peers, Reactive.Moq hub)
    {
        var broadcast = peers.NewBroadcast().Broadcast.Consume();
        var noise = new Notice(null, SessionNoticeKind.Opened, new BroadcastEvent("noise", broadcast, BroadcastChange.Announced, null));
        return hub.SessionEvents().Where(static happened => happened.IsOpening).Subscribe(_ =>
        {
            hub.Manager.Notices.Publish(noise);
            hub.Manager.Notices.Publish(noise);
        });
    }

    /// <summary>Creates twenty peers, each with a broadcast, whose sessions all open in the same step.</summary>
    private static async Task<string[]> DialAtOnceAsync(Peers peers, Reactive.Moq hub)
    {
        var names = Enumerable.Range(0, 20).Select(i => $"chat/{i}").ToArray();
        var dials = new List<Task<MoqSession>>();
        foreach (var name in names)
        {
            var dialer = peers.Network.AddPeer(name);
            dialer.Publish(name, peers.NewBroadcast().Broadcast);
            dials.Add(dialer.ConnectAsync(peers.Network.AddressOf(hub)));
        }

        foreach (var dial in dials)
            await dial;
        await peers.PauseAsync(1);
        return [.. names.Select(static name => $"+{name}")];
    }

    /// <summary>Reads announcements, and pauses after the first one.</summary>
    private static async Task ReadAsync(Peers peers, List<string> seen)
    {
        await foreach (var announcement in peers.Bob.ReadAnnouncementsAsync())
        {
            seen.Add(Text(announcement));
            if (announcement.Path == "chat/9")
                return;
            if (seen.Count == 1)
                await peers.PauseAsync(10);
        }
    }

    private static IEnumerable<string> Texts(Noted<PeerAnnouncement> announced) => announced.Items.Select(Text);

    private static string Text(PeerAnnouncement announcement) => $"{(announcement.IsActive ? '+' : '-')}{announcement.Path}";

    [Test]
    public void ReadingThatIsCanceled_StopsAtTheNextStepWhateverIsThereToTake([Values] bool ofAll) => Peers.Run(async peers =>
    {
        var (broadcast, _) = peers.NewBroadcast();
        for (var i = 0; i < 1000; i++)
            peers.Alice.Publish($"x/{i}", broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        await session.SubscribeAsync("x/999");
        using var stop = new CancellationTokenSource();
        var taken = 0;
        await Failure.OfAsync<OperationCanceledException>(async () =>
        {
            if (ofAll)
            {
                await foreach (var announcement in peers.Bob.ReadAnnouncementsAsync("x", stop.Token))
                    Take();
            }
            else
            {
                await foreach (var announcement in session.ReadAnnouncementsAsync("x", stop.Token))
                    Take();
            }
        });
        Assert.That(taken, Is.EqualTo(3));

        void Take()
        {
            if (++taken == 3)
                stop.Cancel();
        }
    });
}
