using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Every connection that reaches the manager is disposed when it has ended and no reader uses it: until then its transport keeps the bytes
/// that the peer has sent.
/// </summary>
public sealed class DisposalTests
{
    private static readonly MoqOptions Undecided = new() { RequireAccept = true, DecisionTimeout = TimeSpan.FromSeconds(2) };

    [Test]
    public void PeerThatIsNotAdmitted() => Run(new MoqOptions { AcceptPolicy = static (_, _) => new(false) }, async (scene, hub) =>
    {
        await scene.Add("bob").Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void PeerBeyondTheLimit() => Run(new MoqOptions { MaxSessions = 1 }, async (scene, hub) =>
    {
        await scene.Add("bob").Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        await scene.Add("carol").Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((2, 1)), "the first one is open");
    });

    [Test]
    public void PeerWithoutADecision() => Run(Undecided, async (scene, hub) =>
    {
        await scene.Add("bob").Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 1)));
        await scene.PauseAsync(2);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void PeerThatIsRejected() => Run(new MoqOptions { RequireAccept = true }, async (scene, hub) =>
    {
        using var rejecting = hub.Moq.IncomingSessions().Subscribe(static incoming => incoming.Reject());
        await scene.Add("bob").Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void SessionThatIsClosedByEitherSide([Values] bool isRemote) => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        var there = await bob.Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        var here = await hub.Moq.ConnectAsync(bob.Address);
        (isRemote ? there : here).Close();
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void SessionThatTimesOut() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        await bob.Moq.ConnectAsync(hub.Endpoint.Address);
        await scene.PauseAsync(1);
        scene.Network.Kill(bob.Moq);
        await scene.PauseAsync(40);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void ConnectionThatIsSuperseded() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.AddRaw("bob");
        for (var i = 0; i < 2; i++)
        {
            MoqSession.Connect(await bob.ConnectAsync(hub.Endpoint.Address, hub.Moq.ProtocolHandler.Protocols), scene.Options);
            await scene.PauseAsync(10);
        }

        Assert.That(hub.Endpoint.Connections, Is.EqualTo((2, 1)));
    });

    [Test]
    public void ConnectionsThatWereDialedAtOnce_OneIsRetired() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        await Task.WhenAll(hub.Moq.ConnectAsync(bob.Address), bob.Moq.ConnectAsync(hub.Endpoint.Address));
        await scene.PauseAsync(10);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((2, 1)));
    });

    [Test]
    public void AttemptOfADialThatIsLater() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        hub.Endpoint.DialInstead = bob.Address;
        await Task.WhenAll(hub.Moq.ConnectAsync(bob.Address), hub.Moq.ConnectAsync(CountedEndpoint.Elsewhere(bob.Address)));
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((2, 1)));
    });

    [Test]
    public void StrangerThatAnswersADial() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var (bob, mallory) = (scene.Add("bob"), scene.Add("mallory"));
        hub.Endpoint.DialInstead = mallory.Address;
        await Failure.OfAsync<MoqConnectException>(async () => await hub.Moq.ConnectAsync(bob.Address));
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void DialThatSucceedsAfterItWasCanceled() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        hub.Endpoint.DialInstead = bob.Address;
        using var stop = new CancellationTokenSource();
        var dialing = hub.Moq.ConnectAsync(bob.Address, stop.Token);
        await scene.PauseAsync(Scene.Latency);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await dialing);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void Shutdown_ReturnsWhenEverythingIsDisposed() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var (bob, carol) = (scene.Add("bob"), scene.Add("carol"));
        await bob.Moq.ConnectAsync(hub.Endpoint.Address);
        await hub.Moq.ConnectAsync(carol.Address);
        await hub.Moq.DisposeAsync();
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((3, 0)), "bob was asked to leave, and has dialed once more");
    });

    [Test]
    public void PeerThatComesInAfterTheShutdown() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.AddRaw("bob");
        await hub.Moq.ShutdownAsync();
        await bob.ConnectAsync(hub.Endpoint.Address, hub.Moq.ProtocolHandler.Protocols);
        await scene.PauseAsync(1);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((1, 0)));
    });

    [Test]
    public void WhatHadArrived_IsReadThoughItsConnectionIsGivenBack() => Run(MoqOptions.Default, async (scene, hub) =>
    {
        var bob = scene.Add("bob");
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = bob.Moq.Publish("x", broadcast);
        var session = await hub.Moq.ConnectAsync(bob.Address);
        await using var groups = (await session.SubscribeAsync("x")).Track("t").ReadGroupsAsync().GetAsyncEnumerator();
        var first = groups.MoveNextAsync();
        await track.WaitForSubscriberAsync();
        for (var i = 0; i < 15; i++)
        {
            using var group = track.AppendGroup();
            group.Write(new byte[500_000]);
            group.Finish();
        }

        await first;
        await scene.PauseAsync(1);
        await bob.Moq.ShutdownAsync();
        await scene.PauseAsync(5);
        Assert.That(hub.Endpoint.Connections, Is.EqualTo((2, 0)), "what arrives is taken off the connection at once");
        var read = 0;
        await Failure.OfAsync<MoqSessionClosedException>(async () =>
        {
            do
            {
                await foreach (var frame in groups.Current.ReadFramesAsync())
                    read += frame.Length;
            }
            while (await groups.MoveNextAsync());
        });
        Assert.That(read, Is.EqualTo(15 * 500_000));
    });

    [Test]
    public void SessionWithoutAManager() => Scene.Run(async scene =>
    {
        var (bob, carol) = (new CountedEndpoint(scene.AddRaw("bob")), scene.AddRaw("carol", "moq-lite-03"));
        var session = MoqSession.Connect(await bob.ConnectAsync(carol.Address, ["moq-lite-03"]), scene.Options);
        await session.DisposeAsync();
        await scene.PauseAsync(1);
        Assert.That(bob.Connections, Is.EqualTo((1, 0)));
    });

    private static void Run(MoqOptions options, Func<Scene, (CountedEndpoint Endpoint, Moq Moq), Task> body) => Scene.Run(async scene =>
    {
        var endpoint = new CountedEndpoint(scene.AddRaw("hub"));
        var moq = new Moq(endpoint, options with { Scheduler = scene.Options.Scheduler });
        await using var router = Router.Start(endpoint, moq.ProtocolHandler);
        await body(scene, (endpoint, moq));
    });
}
