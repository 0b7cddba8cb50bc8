using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>
/// A peer asks another one to leave a connection: the session continues over a new connection, and no reader sees a difference.
/// </summary>
public sealed class MovedByGoawayTests
{
    private static readonly string[] Versions = ["moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void ServerAsks_EachSideReadsOnALiveAndALosslessTrack(
        [ValueSource(nameof(Versions))] string version, [Values] bool isSmallerDialing) => Scene.Run(async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing, version);
        var (down, up) = (new Transmission(scene, server), new Transmission(scene, client));
        var session = await client.ConnectAsync(server);
        await scene.PauseAsync(0.2);
        var accepted = await ViewAsync(server);
        var left = session.Connection;
        var reading = new[]
        {
            down.ReadAsync(session, "live"), down.ReadAsync(session, "whole"),
            up.ReadAsync(accepted, "live"), up.ReadAsync(accepted, "whole"),
        };
        await scene.PauseAsync(1);
        Assert.That(await accepted.GoAwayAsync(timeout: TimeSpan.FromSeconds(8)), Is.True, "the peer leaves by itself");
        Assert.That((left.Closed.IsCompleted, session.Connection), Is.EqualTo((true, client.Endpoint.Connected[^1])).Or.Not.SameAs(left));
        foreach (var read in reading)
            Assert.That((await read).Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)), "every group, once, whole");
        await scene.PauseAsync(1);
        Assert.That(
            (down.Live.ReaderTotals, down.Whole.ReaderTotals, up.Live.ReaderTotals, up.Whole.ReaderTotals),
            Is.EqualTo((new ReaderTotals(0, 1, 0), new ReaderTotals(0, 1, 0), new ReaderTotals(0, 1, 0), new ReaderTotals(0, 1, 0))));
        Assert.That((server.Events, client.Events), Is.EqualTo((new[] { "opens" }, new[] { "opens" })), "it is the same session");
        Assert.That((server.Endpoint.Connected.Count, client.Endpoint.Connected.Count), Is.EqualTo((1, 1)));
    });

    [Test]
    public void BroadcastsOfTheClient_AreAnnouncedAgainBeforeTheOldConnectionEnds() => Scene.Run(async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing: true, "moq-lite-06");
        using var broadcast = scene.Saying("hello");
        using var live = client.Moq.Publish("x", broadcast);
        await client.ConnectAsync(server);
        await scene.PauseAsync(0.2);
        var accepted = await ViewAsync(server);
        var names = new List<(bool IsHere, int Connections)>();
        _ = WatchAsync();
        Assert.That(await accepted.GoAwayAsync(), Is.True);
        await scene.PauseAsync(5);
        Assert.That(
            names,
            Is.EqualTo(new[] { (true, 1), (false, 2), (true, 2) }),
            "the new one replaces the old one at once, while both connections are open");
        Assert.That(await Scene.HearAsync(await accepted.SubscribeAsync("x")), Is.EqualTo("hello"));

        async Task WatchAsync()
        {
            await foreach (var change in accepted.ReadAnnouncementsAsync())
                names.Add((change.IsActive, server.Endpoint.Connected.Count));
        }
    });

    [Test]
    public void CallerDuringTheMove_GetsTheSessionWhenItHasMoved() => Scene.Run(async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing: true, "moq-lite-06");
        var session = await client.ConnectAsync(server);
        await scene.PauseAsync(0.2);
        var left = session.Connection;
        var leaving = (await ViewAsync(server)).GoAwayAsync();
        await scene.PauseAsync(1.1 * Scene.Latency);
        var again = await client.ConnectAsync(server);
        Assert.That((again, again.Connection == left), Is.EqualTo((session, false)));
        Assert.That(await leaving, Is.True);
    });

    [Test]
    public void SubscriptionDuringTheMove_BeginsOnTheNewConnection() => Scene.Run(async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing: true, "moq-lite-06");
        using var broadcast = scene.Saying("hello");
        using var live = server.Moq.Publish("x", broadcast);
        var session = await client.ConnectAsync(server);
        var before = await session.SubscribeAsync("x");
        var leaving = (await ViewAsync(server)).GoAwayAsync();
        await scene.PauseAsync(1.1 * Scene.Latency);
        Assert.That(await Scene.HearAsync(before), Is.EqualTo("hello"), "though it was announced on the old one");
        Assert.That(await leaving, Is.True);
    });

    [Test]
    public void Reconnect_FollowsWithoutAnotherSession() => Scene.Run(async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing: true, "moq-lite-06");
        var sessions = new List<MoqSession>();
        using var following = client.Moq.Reconnect(server.Address).Subscribe(sessions.Add);
        for (var times = 0; times < 5; times++)
        {
            await scene.PauseAsync(2);
            Assert.That(await (await ViewAsync(server)).GoAwayAsync(), Is.True);
        }

        Assert.That((sessions.Count, client.Events), Is.EqualTo((1, new[] { "opens" })));
    });

    [Test]
    public void AThousandReadings_AllMove() => Scene.Run(Wide, async scene =>
    {
        var (server, client) = Add(scene, isSmallerDialing: true, "moq-lite-06");
        using var broadcast = scene.Broadcast();
        var tracks = Enumerable.Range(0, 1000).Select(number => broadcast.CreateTrack($"{number}")).ToArray();
        using var live = server.Moq.Publish("x", broadcast);
        var session = await client.ConnectAsync(server);
        var studio = await session.SubscribeAsync("x");
        var readings = tracks.Select(track => CountAsync(studio.Track(track.Name))).ToArray();
        foreach (var track in tracks)
            await track.WaitForSubscriberAsync();
        var leaving = (await ViewAsync(server)).GoAwayAsync(timeout: TimeSpan.FromSeconds(8));
        for (var group = 0; group < 20; group++)
        {
            foreach (var track in tracks)
                Scene.Say(track, "still here");
            await scene.PauseAsync(0.02);
        }

        Assert.That(await leaving, Is.True);
        foreach (var track in tracks)
            track.Finish();
        foreach (var reading in readings)
            Assert.That(await reading, Is.EqualTo(Enumerable.Range(0, 20)));
    });

    private static InMemoryNetwork Wide(Microsoft.Reactive.Testing.TestScheduler time) => new(time, seed: 7)
    {
        Latency = TimeSpan.FromSeconds(Scene.Latency), MaxBidiStreams = 2_000, MaxUniStreams = 4_000,
    };

    private static async Task<List<int>> CountAsync(TrackConsumer track)
    {
        var read = new List<int>();
        await foreach (var group in track.ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Sequence }))
            read.Add((int)group.Sequence);
        return read;
    }

    private static (Player Server, Player Client) Add(Scene scene, bool isSmallerDialing, string version)
    {
        var (small, great) = scene.AddPair(new MoqOptions { Protocols = [version] });
        return isSmallerDialing ? (great, small) : (small, great);
    }

    /// <summary>Returns the only session of a peer.</summary>
    private static async Task<MoqSession> ViewAsync(Player player)
    {
        await foreach (var sessions in player.Moq.ReadOpenSessionsAsync())
        {
            if (sessions is [var only])
                return only;
        }

        throw new AssertionException("The peer has no session.");
    }
}
