using IrohMoq.Reactive.Testing.Tests.Manager;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>What this side does when it asks a peer to leave: at its shutdown, or because the application wants it.</summary>
public sealed class AskingToLeaveTests
{
    [TestCase("moq-lite-04", 3)]
    [TestCase("moq-lite-05", 3)]
    [TestCase("moq-lite-06", 0x10)]
    public void PeerThatStays_IsDisconnectedInTime(string version, int code) => Run(version, async (scene, hand, bob) =>
    {
        var connection = await hand.DialAsync(bob);
        var seen = hand.ExpectGoawayAsync(connection);
        var session = await SessionOfAsync(bob);
        var began = scene.Seconds;
        Assert.That(await session.GoAwayAsync("moqt://example.com/next", TimeSpan.FromSeconds(3)), Is.False);
        Assert.That(scene.Seconds - began, Is.EqualTo(3).Within(0.001));
        Assert.That((await seen, (await connection.Closed).Code), Is.EqualTo(("moqt://example.com/next", (ulong)code)));
        var closed = await session.Closed;
        Assert.That(
            (closed.Cause, closed.Code, closed.IsRemote),
            Is.EqualTo((SessionEndCause.GoingAway, MoqErrorCode.GoawayTimeout, false)));
    });

    [TestCase("moq-lite-04")]
    [TestCase("moq-lite-05")]
    [TestCase("moq-lite-06")]
    public void Shutdown_AsksThePeersThatHaveDialed(string version) => Run(version, async (scene, hand, bob) =>
    {
        var connection = await hand.DialAsync(bob);
        var seen = hand.ExpectGoawayAsync(connection);
        await scene.PauseAsync(0.1);
        var began = scene.Seconds;
        await bob.Moq.DisposeAsync();
        Assert.That(scene.Seconds - began, Is.EqualTo(2).Within(0.001), "the default of MoqOptions.GoawayTimeout");
        Assert.That((await seen, (await connection.Closed).Code), Is.EqualTo(("", 0UL)), "a shutdown is a normal end");
    });

    [Test]
    public void Shutdown_ReadsAsAFarewellAtThePeer_ThoughItIsDialedAgain(
        [Values] bool publishes, [Values(20, 50, 200)] int milliseconds) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = publishes ? bob.Moq.Publish("x", broadcast) : null;
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(milliseconds / 1000.0);
        await alice.Moq.ShutdownAsync();
        await scene.PauseAsync(5);
        var closed = bob.Closures.Single();
        Assert.That((closed.Cause, closed.IsRemote), Is.EqualTo((SessionEndCause.GoingAway, true)));
    });

    [Test]
    public void MoqLite03_HasNoGoaway() => Run("moq-lite-03", async (scene, hand, bob) =>
    {
        var connection = await hand.DialAsync(bob);
        var session = await SessionOfAsync(bob);
        Assert.That(await session.GoAwayAsync(), Is.False);
        Assert.That((await connection.Closed).Code, Is.Zero);
        Assert.That((await session.Closed).Cause, Is.EqualTo(SessionEndCause.Closed));
    });

    [Test]
    public void Canceled_ThePeerIsDisconnectedAtOnce() => Run("moq-lite-06", async (scene, hand, bob) =>
    {
        var connection = await hand.DialAsync(bob);
        using var stop = new CancellationTokenSource();
        var leaving = (await SessionOfAsync(bob)).GoAwayAsync(timeout: TimeSpan.FromDays(1), cancellationToken: stop.Token);
        await scene.PauseAsync(5);
        stop.Cancel();
        Assert.That((await leaving, (await connection.Closed).Code), Is.EqualTo((false, 0x10UL)));
    });

    [Test]
    public void CallerDuringTheDeparture_GetsAnotherConnection() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(0.1);
        var first = session.Connection;
        var leaving = session.GoAwayAsync();
        var again = await bob.ConnectAsync(alice);
        Assert.That((again, again.Connection == first), Is.EqualTo((session, false)));
        Assert.That(await leaving, Is.True);
        Assert.That(again.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void UriOfAClient_OrTooLong_IsRefused() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(0.1);
        var accepted = await SessionOfAsync(alice);
        Assert.That(() => session.GoAwayAsync("moqt://example.com/"), Throws.ArgumentException.With.Message.Contains("dialed"));
        Assert.That(() => accepted.GoAwayAsync(new string('x', 8193)), Throws.ArgumentException.With.Message.Contains("8192"));
        Assert.That(() => accepted.GoAwayAsync(timeout: TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        // No timer can measure it.
        Assert.That(() => accepted.GoAwayAsync(timeout: TimeSpan.FromDays(50)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    });

    [Test]
    public void AnotherProgramTakesThePlace_ItIsNotTakenForTheOneThatWasRead() => Scene.Run(async scene =>
    {
        await using var place = new Place(scene);
        var bob = scene.Add("bob");
        using var broadcast = scene.Broadcast();
        using var live = broadcast.CreateTrack("live");
        place.First.Publish("x", broadcast);
        var session = await bob.Moq.ConnectAsync(place.Address);
        var reading = CountAsync((await session.SubscribeAsync("x")).Track("live"));
        await live.WaitForSubscriberAsync();

        using var other = scene.Saying("another program");
        place.Second.Publish("x", other);
        place.IsTaken = true;
        var leaving = (await SessionOfAsync(place.First)).GoAwayAsync();
        var failure = await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.GoingAway));
        Assert.That(failure.Message, Does.Contain("Subscribe to the broadcast again"));
        Assert.That(await leaving, Is.False, "it was read as long as possible");
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("another program"), "over the same session");
    });

    [Test]
    public void AnotherProgramWithTheSameContent_IsReadOn([Values("live", "whole")] string track) => Scene.Run(async scene =>
    {
        // A relay is replaced by another one: both forward the broadcast of carol.
        await using var place = new Place(scene);
        var (carol, bob) = (scene.Add("carol"), scene.Add("bob"));
        var sending = new Transmission(scene, carol);
        foreach (var relay in new[] { place.First, place.Second })
            relay.Publish("carol", await (await relay.ConnectAsync(carol.Address)).SubscribeAsync("carol"));
        var session = await bob.Moq.ConnectAsync(place.Address);
        var reading = sending.ReadAsync(session, track);
        await scene.PauseAsync(1);
        place.IsTaken = true;
        Assert.That(await (await SessionOfAsync(place.First, bob.Id)).GoAwayAsync(timeout: TimeSpan.FromSeconds(5)), Is.True);
        Assert.That((await reading).Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)), "every group, once, whole");
        Assert.That((session.Closed.IsCompleted, bob.Events), Is.EqualTo((false, new[] { "opens" })));
    });

    private static void Run(string version, Func<Scene, GoawayPeer, Player, Task> body) => Scene.Run(async scene =>
        await body(scene, new GoawayPeer(scene, version), scene.Add("bob")));

    private static async Task<int> CountAsync(TrackConsumer track)
    {
        var read = 0;
        await foreach (var group in track.ReadGroupsAsync())
            read++;
        return read;
    }

    private static Task<MoqSession> SessionOfAsync(Player player) => SessionOfAsync(player.Moq);

    private static async Task<MoqSession> SessionOfAsync(Moq moq, EndpointId? with = null)
    {
        await foreach (var sessions in moq.ReadOpenSessionsAsync())
        {
            if (sessions.SingleOrDefault(one => with is null || one.RemoteId == with) is { } found)
                return found;
        }

        throw new AssertionException("The peer has no session.");
    }

    /// <summary>One address and key, at which one manager answers after the other, as if its program were replaced.</summary>
    private sealed class Place : IProtocolHandler, IAsyncDisposable
    {
        private readonly Router _router;

        public Place(Scene scene)
        {
            var endpoint = scene.AddRaw("place");
            Address = endpoint.Address;
            (First, Second) = (new Moq(endpoint, scene.Options with { Seed = 1 }), new Moq(endpoint, scene.Options with { Seed = 2 }));
            _router = Router.Start(endpoint, this);
        }

        public EndpointAddr Address { get; }

        public Moq First { get; }

        public Moq Second { get; }

        /// <summary>Gets or sets a value indicating whether the second manager answers.</summary>
        public bool IsTaken { get; set; }

        public IReadOnlyList<string> Protocols => First.ProtocolHandler.Protocols;

        public ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken) =>
            (IsTaken ? Second : First).ProtocolHandler.AcceptAsync(connection, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _router.DisposeAsync();
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }
    }
}
