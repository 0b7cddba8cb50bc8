namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// A second connection of a peer on which nothing is sent changes nothing: it is the slower connection of a dial to several addresses,
/// and no session.
/// </summary>
public sealed class CandidateTests
{
    [Test]
    public void SecondConnectionOfOneDial_IsClosedByItsDialer_AndTheSessionLives() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var bob = new CountedEndpoint(scene.AddRaw("bob")) { DialInstead = alice.Address };
        var moq = new Moq(bob, scene.Options);
        var dials = await Task.WhenAll(moq.ConnectAsync(alice.Address), moq.ConnectAsync(CountedEndpoint.Elsewhere(alice.Address)));
        await scene.PauseAsync(60);
        Assert.That(
            scene.Told("closed by the peer with code 0: another connection attempt was faster"),
            Is.EqualTo(1),
            "there were two connections");
        Assert.That((alice.Events, dials[0].Closed.IsCompleted), Is.EqualTo((new[] { "opens" }, false)));
        Assert.That(await Scene.HearAsync(await dials[0].SubscribeAsync("x")), Is.EqualTo("hello"));
        await moq.DisposeAsync();
    });

    [Test]
    public void PeerThatHasLostItsSessionAndDialsAgain_IsHereAtOnce() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        scene.Network.Kill(bob.Moq);
        await scene.Add("bob").ConnectAsync(alice);
        await scene.PauseAsync(3 * Scene.Latency);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 65600", "opens" }));
    });

    [Test]
    public void SilentOne_IsClosedAfterTenSeconds() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var session = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        await scene.PauseAsync(1);
        var silent = await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols);
        var began = scene.Seconds;
        var end = await silent.Closed;
        Assert.That((end.Code, end.Reason, end.IsRemote), Is.EqualTo((0ul, "another connection of this peer is in use", true)));
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
        Assert.That((alice.Events, session.Closed.IsCompleted), Is.EqualTo((new[] { "opens" }, false)));
    });

    [Test]
    public void SilentOne_IsTheSessionIfThePeerHasNothingElseByThen() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var session = MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        await scene.PauseAsync(1);
        // The publisher only answers.
        var silent = await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols);
        await scene.PauseAsync(1);
        session.Close();
        await scene.PauseAsync(10);
        Assert.That((alice.Events, silent.Closed.IsCompleted), Is.EqualTo((new[] { "opens", "closes 0", "opens" }, false)));
    });

    [Test]
    public void RequireAccept_OneDialIsOneDecision() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { RequireAccept = true });
        var asked = 0;
        using var accepting = alice.Moq.IncomingSessions().Subscribe(incoming =>
        {
            asked++;
            incoming.Accept();
        });
        var bob = new CountedEndpoint(scene.AddRaw("bob")) { DialInstead = alice.Address };
        var moq = new Moq(bob, scene.Options);
        await Task.WhenAll(moq.ConnectAsync(alice.Address), moq.ConnectAsync(CountedEndpoint.Elsewhere(alice.Address)));
        await scene.PauseAsync(60);
        Assert.That((asked, alice.Events), Is.EqualTo((1, new[] { "opens" })));
        await moq.DisposeAsync();
    });

    [Test]
    public void ShutdownWithACandidate_EndsWhenThePeerHasLeftTheOther() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        MoqSession.Connect(await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols), scene.Options);
        await scene.PauseAsync(1);
        await bob.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols);
        await scene.PauseAsync(1);
        var began = scene.Seconds;
        await alice.Moq.ShutdownAsync();
        Assert.That(scene.Seconds - began, Is.EqualTo(2 * Scene.Latency).Within(0.001), "the time for the question and the answer");
        Assert.That(alice.Endpoint.Connected, Is.Empty);
    });
}
