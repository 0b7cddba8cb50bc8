namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>What the exception of a session that has ended tells of the reason.</summary>
public sealed class SessionEndTests
{
    [Test]
    public void SessionThatThePeerRefuses_IsToldApart_AndNotToBeDialedAgain() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("x");
        await scene.PauseAsync(1);
        (await alice.OpenSessionAsync()).Close(MoqErrorCode.Unauthorized, "not you");
        var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        Assert.That(failure.Message, Does.Contain("not you").And.EndsWith("Dialing again leads to the same result."));
        Assert.That((failure.Cause, failure.IsRefused), Is.EqualTo((SessionEndCause.Closed, true)));
    });

    [Test]
    public void PeerThatGoesAway_IsToldApartFromALostOne([Values] bool isLost) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("x");
        await scene.PauseAsync(1);
        if (isLost)
            scene.Network.Kill(alice.Moq);
        else
            await alice.Moq.ShutdownAsync();
        var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        var cause = isLost ? SessionEndCause.TimedOut : SessionEndCause.GoingAway;
        Assert.That((failure.Cause, failure.IsRefused), Is.EqualTo((cause, false)));
        var closed = await session.Closed;
        Assert.That(closed.Cause, Is.EqualTo(cause));
        // It is this side that closes the last connection when the peer has asked it to leave.
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((closed.Code, closed.IsRemote)));
        Assert.That(closed.IsRemote, Is.EqualTo(!isLost));
        Assert.That(failure.Message, Does.EndWith("Dial the peer again to go on."));
    });
}
