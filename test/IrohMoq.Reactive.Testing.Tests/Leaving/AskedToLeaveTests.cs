using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>What this side does when a peer asks it to leave.</summary>
public sealed class AskedToLeaveTests
{
    private static readonly string[] Versions = ["moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void PeerThatAcceptsNoOtherConnection_IsLeftWhenNothingIsCarried([ValueSource(nameof(Versions))] string version) =>
        Run(version, async (scene, hand, bob) =>
        {
            var dialing = bob.Moq.ConnectAsync(hand.Address);
            var old = await hand.AcceptAsync();
            var session = await dialing;
            await hand.GoAwayAsync(old);
            await scene.PauseAsync(Scene.Latency / 2);
            await hand.DisposeAsync();
            var closed = await session.Closed;
            Assert.That(
                (closed.Cause, closed.Code, closed.IsRemote, closed.IsGoingAway),
                Is.EqualTo((SessionEndCause.GoingAway, MoqErrorCode.Cancel, true, true)));
            Assert.That((await old.Closed).Code, Is.Zero);
        });

    [Test]
    public void NoticeTellsTheUri_AndWhetherTheSessionMoves(
        [Values("", "own id", "moqt://example.invalid/next", "https://example.com/")] string uri) =>
        Run("moq-lite-06", async (scene, hand, bob) =>
        {
            var told = new List<(string Uri, bool IsMoving)>();
            using var notices = bob.Moq.Notices().Subscribe(notice =>
            {
                if (notice is GoingAwayEvent going)
                    told.Add((going.Uri, going.IsMoving));
            });
            var dialing = bob.Moq.ConnectAsync(hand.Address);
            var old = await hand.AcceptAsync();
            await dialing;
            var sent = uri == "own id" ? $"iroh://{hand.Address.Id}/room" : uri;
            await hand.GoAwayAsync(old, sent);
            var isFollowed = !uri.Contains("example", StringComparison.Ordinal);
            if (isFollowed)
                await hand.AcceptAsync();
            // The hand asks for no announcements on the other connection, which would show at once that it uses it.
            await scene.PauseAsync(2);
            Assert.That(told, Is.EqualTo(new[] { (sent, isFollowed) }));
            Assert.That((old.Closed.IsCompleted, bob.Closures.Count), Is.EqualTo((true, isFollowed ? 0 : 1)));
            Assert.That(bob.Closures.All(static closed => closed.IsGoingAway), Is.True);
        });

    [Test]
    public void GoawayBeforeAnythingElse_IsFollowed([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var raw = scene.AddRaw("hand", version);
        var bob = scene.Add("bob");
        var dialing = bob.Moq.ConnectAsync(raw.Address);
        var old = await raw.AcceptAsync();
        var stream = await old.OpenBidiAsync();
        await stream.Send.WriteAsync(Convert.FromHexString("050100"));
        stream.Send.Finish();
        var session = await dialing;
        var next = await raw.AcceptAsync();
        Assert.That((await old.Closed).Code, Is.Zero);
        Assert.That((session.Closed.IsCompleted, next.Closed.IsCompleted), Is.EqualTo((false, false)));
    });

    [Test]
    public void PeerThatSendsEveryConnectionAway_IsDialedOnceASecond() => Run("moq-lite-06", async (scene, hand, bob) =>
    {
        var connections = 0;
        _ = ServeAsync();
        var session = await bob.Moq.ConnectAsync(hand.Address);
        await scene.PauseAsync(20);
        Assert.That((connections, session.Closed.IsCompleted), Is.EqualTo((21, false)).Or.EqualTo((20, false)));

        async Task ServeAsync()
        {
            while (true)
            {
                var connection = await hand.AcceptAsync();
                connections++;
                await hand.GoAwayAsync(connection);
            }
        }
    });

    [Test]
    public void SecondGoaway_ClosesTheSessionInMoqLite06_AndIsRefusedBefore([ValueSource(nameof(Versions))] string version) =>
        Run(version, async (scene, hand, bob) =>
        {
            _ = bob.Moq.ConnectAsync(hand.Address);
            var old = await hand.AcceptAsync();
            await hand.GoAwayAsync(old);
            var second = await hand.GoAwayAsync(old);
            await Failure.OfAsync<IOException>(async () => await second.Receive.ReadAsync(new byte[8]));
            Assert.That((await old.Closed).Code, Is.EqualTo(version == "moq-lite-06" ? 3 : 0));
        });

    [Test]
    public void FloodOfGoaways_CostsNothingMore() => Run("moq-lite-05", async (scene, hand, bob) =>
    {
        var told = 0;
        using var notices = bob.Moq.Notices().Subscribe(notice => told += notice is GoingAwayEvent ? 1 : 0);
        _ = bob.Moq.ConnectAsync(hand.Address);
        var old = await hand.AcceptAsync();
        try
        {
            for (var i = 0; i < 200; i++)
                await hand.GoAwayAsync(old);
        }
        catch (TransportClosedException)
        {
            // It has left.
        }

        await hand.AcceptAsync();
        await scene.PauseAsync(1);
        Assert.That((told, bob.Endpoint.Connected.Count), Is.EqualTo((1, 1)));
    });

    [Test]
    public void ClientThatNamesAUri_ViolatesTheProtocol() => Run("moq-lite-06", async (scene, hand, bob) =>
    {
        var connection = await hand.DialAsync(bob);
        await hand.GoAwayAsync(connection, "moqt://example.invalid/");
        Assert.That((await connection.Closed).Code, Is.EqualTo(3));
    });

    [Test]
    public void UriBeyondTheLimit_ViolatesTheProtocol() => Run("moq-lite-06", async (scene, hand, bob) =>
    {
        _ = bob.Moq.ConnectAsync(hand.Address);
        var connection = await hand.AcceptAsync();
        var stream = await connection.OpenBidiAsync();
        await stream.Send.WriteAsync(Convert.FromHexString("05" + "6003" + "6001" + new string('7', 2 * 8193)));
        Assert.That((await connection.Closed).Code, Is.EqualTo(3));
    });

    [Test]
    public void ClientThatGoesAway_IsServedToTheEndAndThenLeft() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var reading = CountAsync((await session.SubscribeAsync("x")).Track("t"));
        await track.WaitForSubscriberAsync();
        var leaving = session.GoAwayAsync(timeout: TimeSpan.FromSeconds(10));
        for (var group = 0; group < 30; group++)
        {
            Scene.Say(track, "still here");
            await scene.PauseAsync(0.1);
        }

        track.Finish();
        Assert.That((await reading, await leaving), Is.EqualTo((30, true)));
        await scene.PauseAsync(1);
        Assert.That((alice.Closures.Single().IsGoingAway, bob.Closures.Single().IsGoingAway), Is.EqualTo((true, true)));
        Assert.That((alice.Closures[0].IsRemote, bob.Closures[0].IsRemote), Is.EqualTo((true, false)));
    });

    [Test]
    public void BothAtOnce_TheSessionEndsWhenNothingIsCarried() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var there = await bob.ConnectAsync(alice);
        await scene.PauseAsync(0.1);
        var back = await alice.ConnectAsync(bob);
        var leaving = new[] { there.GoAwayAsync(), back.GoAwayAsync() };
        Assert.That((await leaving[0], await leaving[1]), Is.EqualTo((true, true)));
        var causes = ((await there.Closed).Cause, (await back.Closed).Cause);
        Assert.That(causes, Is.EqualTo((SessionEndCause.GoingAway, SessionEndCause.GoingAway)));
        Assert.That(scene.Seconds, Is.LessThan(1));
    });

    [Test]
    public void LostTransportOfALeavingPeer_IsNotTakenForItsFarewell() => Run("moq-lite-06", async (scene, hand, bob) =>
    {
        var dialing = bob.Moq.ConnectAsync(hand.Address);
        var old = await hand.AcceptAsync();
        var session = await dialing;
        await hand.GoAwayAsync(old, "https://example.com/");
        old.Close(2, "not you");
        var closed = await session.Closed;
        Assert.That((closed.Cause, closed.IsRefused, closed.IsGoingAway), Is.EqualTo((SessionEndCause.Closed, true, false)));
    });

    private static async Task<int> CountAsync(TrackConsumer track)
    {
        var read = 0;
        await foreach (var group in track.ReadGroupsAsync())
            read++;
        return read;
    }

    private static void Run(string version, Func<Scene, GoawayPeer, Player, Task> body) => Scene.Run(async scene =>
        await body(scene, new GoawayPeer(scene, version), scene.Add("bob")));
}
