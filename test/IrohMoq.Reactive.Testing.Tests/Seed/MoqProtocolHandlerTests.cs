namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The four steps of the original's <c>MoqProtocolHandler</c> when the router has a connection.</summary>
public sealed class MoqProtocolHandlerTests
{
    [Test]
    public void MoqProtocolHandler_Step1_AcceptsTheConnection() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var raw = scene.AddRaw("raw");
        await using var connection = await raw.ConnectAsync(alice.Address, ["h3", .. alice.Moq.ProtocolHandler.Protocols]);
        Assert.That(connection.Protocol, Is.EqualTo("moq-lite-06"), "the first ALPN that the handler serves");
        await scene.PauseAsync(1);
        Assert.That(alice.Endpoint.Connected, Is.EqualTo(new[] { "raw" }));
        var failure = await Failure.OfAsync<MoqConnectException>(async () => await raw.ConnectAsync(alice.Address, ["h3"]));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.NoCommonProtocol));
    });

    [Test]
    public void MoqProtocolHandler_Step2_WrapsItAsASession() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw"));
        MoqSession? session = null;
        using var events = alice.Moq.SessionEvents().Subscribe(happened => session = happened.Session);
        await using var connection = await raw.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols);
        await scene.PauseAsync(1);
        Assert.That(
            (session!.RemoteId, session.Protocol, session.IsOutbound, session.Connection.IsOutbound),
            Is.EqualTo((raw.Id, "moq-lite-06", false, false)));
    });

    [Test]
    public void MoqProtocolHandler_Step3_TheHandshakeIsTheProtocolsName() => Scene.Run(async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("raw"));
        await using var connection = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await scene.PauseAsync(60);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens" }), "a peer that says nothing is connected all the same");
        // The session asks for announcements by itself: it is live and needs no setup.
        var asked = await connection.AcceptBidiAsync();
        var bytes = new byte[16];
        Assert.That(await asked.Receive.ReadAsync(bytes), Is.EqualTo(3));
    });

    [Test]
    public void MoqProtocolHandler_Step4_HandsTheSessionToTheLoop() => Scene.Run(async scene =>
    {
        var recorder = new Recorder();
        var (alice, bob) = (scene.Add("alice", recorder.Options), scene.Add("bob"));
        var incoming = new List<EndpointId>();
        using var sessions = alice.Moq.IncomingSessions().Subscribe(session => incoming.Add(session.RemoteId));
        await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        Assert.That(recorder.Names, Is.EqualTo(new[] { "ConnectionArrived" }));
        Assert.That(incoming, Is.EqualTo(new[] { bob.Id }));
    });
}
