using System.Reactive.Linq;
using IrohMoq.Reactive.Testing.Tests.Leaving;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>What ends <c>moq.Reconnect</c>: a refusal, a shutdown, a failed endpoint, or the subscriber.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReconnectTests
{
    private static readonly ReconnectOptions Exact = new() { Jitter = 0 };

    [Test]
    public void PeerStays_OneSessionAndNoEnd() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice));
        await peers.PauseAsync(300);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((1, false)));
    });

    [TestCase(1u)]
    [TestCase(6u)]
    public void RejectedByThePeer_Stops(uint code) => Peers.Run(async peers =>
    {
        using var rejecting = peers.Alice.IncomingSessions().Subscribe(incoming => incoming.Reject(new MoqErrorCode(code), "not you"));
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(300);
        Assert.That(sessions.Items, Has.Count.LessThanOrEqualTo(1));
        Assert.That(
            sessions.Failure, Is.InstanceOf<MoqException>().With.Message.Contains("not you").And.Message.Contains("Subscribe again"));
        Assert.That(((MoqException)sessions.Failure!).Code, Is.EqualTo(MoqErrorCode.Unauthorized), "moq-lite-06 has one code for refusals");
        Assert.That(sessions.EndedAt, Is.EqualTo(0.03).Within(0.011));
    });

    // Up to moq-lite-05, peers close with 1 after a rejection, and also after any failure of the transport.
    [TestCase("moq-lite-03", 1u)]
    [TestCase("moq-lite-03", 3u)]
    [TestCase("moq-lite-04", 1u)]
    [TestCase("moq-lite-05", 1u)]
    [TestCase("moq-lite-06", 1u)]
    public void CodeThatIsNoRefusal_IsFollowedByAnotherDial(string version, uint code) => Scene.Run(async scene =>
    {
        var (hand, bob) = (new GoawayPeer(scene, version), scene.Add("bob"));
        var (dialed, failure) = (new List<double>(), (Exception?)null);
        using var sessions = bob.Moq.Reconnect(hand.Address, Exact).Subscribe(_ => dialed.Add(scene.Seconds), e => failure = e);
        var first = await hand.AcceptAsync();
        await scene.PauseAsync(5);
        first.Close(code, "transport error");
        await hand.AcceptAsync();
        await scene.PauseAsync(60);
        Assert.That(failure, Is.Null);
        Assert.That(dialed, Has.Count.EqualTo(2), "the second session lasts");
        Assert.That(dialed[1] - dialed[0], Is.EqualTo(5 + 1).Within(0.1), "after the first delay");
        var closed = bob.Closures.Single();
        Assert.That((closed.Reason, closed.IsRemote, closed.IsRefused), Is.EqualTo(("transport error", true, false)));
        Assert.That($"{closed.Code}", Is.EqualTo(version == "moq-lite-06" ? $"{MoqErrorCode.Internal}" : $"{code} (unspecified)"));
    });

    // Up to moq-lite-05, older peers refuse with 6 and newer ones with 2.
    [TestCase("moq-lite-03", 2u)]
    [TestCase("moq-lite-03", 6u)]
    [TestCase("moq-lite-05", 6u)]
    [TestCase("moq-lite-06", 2u)]
    public void Unauthorized_Stops(string version, uint code) => Scene.Run(async scene =>
    {
        var (hand, bob) = (new GoawayPeer(scene, version), scene.Add("bob"));
        Exception? failure = null;
        using var sessions = bob.Moq.Reconnect(hand.Address, Exact).Subscribe(static _ => { }, e => failure = e);
        var first = await hand.AcceptAsync();
        await scene.PauseAsync(5);
        first.Close(code, "not you");
        await scene.PauseAsync(1);
        Assert.That(failure, Is.TypeOf<MoqException>().With.Message.Contains("not you"));
        var again = hand.AcceptAsync();
        await scene.PauseAsync(60);
        Assert.That(again.IsCompleted, Is.False);
    });

    [Test]
    public void RejectedByThisSide_IsNoRefusalOfThePeer() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        sessions.Items[0].Close(MoqErrorCode.Rejected, "mine");
        await peers.PauseAsync(20);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((2, false)));
    });

    [Test]
    public void AnotherPeerAtTheAddress_Stops() => Peers.Run(async peers =>
    {
        var stranger = peers.Network.AddPeer("stranger");
        var wrong = new EndpointAddr(peers.ToAlice.Id, [.. peers.Network.AddressOf(stranger).Addresses]);
        using var sessions = peers.Note(peers.Bob.Reconnect(wrong, Exact));
        await peers.PauseAsync(300);
        Assert.That(
            sessions.Failure,
            Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.WrongPeer));
        Assert.That(sessions.EndedAt, Is.LessThan(1));
    });

    [Test]
    public void NoCommonProtocol_Stops() => Peers.Run(async peers =>
    {
        var other = peers.Network.AddEndpoint("other");
        other.Listen(["something-else/1"]);
        using var sessions = peers.Note(peers.Bob.Reconnect(other.Address, Exact));
        await peers.PauseAsync(300);
        Assert.That(
            sessions.Failure,
            Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.NoCommonProtocol));
    });

    [TestCase(0.5, Description = "While a session is open.")]
    [TestCase(35, Description = "During a dial or the delay before it.")]
    public void ShutDown_Completes(double after) => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact with { MaxAttempts = 3 }));
        await peers.PauseAsync(0.1);
        if (after > 1)
            peers.Network.Kill(peers.Alice);
        await peers.PauseAsync(after);
        await peers.Bob.DisposeAsync();
        var before = peers.Seconds;
        await peers.PauseAsync(0.1);
        Assert.That((sessions.Items.Count, sessions.IsCompleted), Is.EqualTo((1, true)));
        Assert.That(sessions.EndedAt, Is.EqualTo(before).Within(0.001));
        using var late = peers.Note(peers.Bob.Reconnect(peers.ToAlice));
        await peers.PauseAsync(0.1);
        Assert.That((late.Items.Count, late.IsCompleted), Is.EqualTo((0, true)));
    });

    [Test]
    public void ShutDownDuringADelay_CompletesAtOnce() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
        await peers.PauseAsync(0.5);
        await peers.Bob.DisposeAsync();
        await peers.PauseAsync(0.001);
        Assert.That(sessions.IsCompleted, Is.True);
    });

    [Test]
    public void EndpointDies_Fails() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(1);
        peers.Network.Kill(peers.Bob);
        await peers.PauseAsync(1);
        Assert.That(sessions.Failure, Is.TypeOf<MoqException>().With.Message.Contains("endpoint died"));
    });

    [Test]
    public void Unsubscribed_AtAnyTime_LeavesNoSession([Range(0, 2.4, 0.05)] double after) => Peers.Run(async peers =>
    {
        // A dial takes 20 ms, a session lasts half a second, and the delay is one second.
        using var closing = peers.Alice.IncomingSessions()
            .SelectMany(incoming => Observable.Return(incoming.Accept()).Delay(TimeSpan.FromSeconds(0.5), peers.Network.Scheduler))
            .Subscribe(static session => session.Close());
        var open = 0;
        using var events = peers.Bob.SessionEvents().Subscribe(e => open += e.IsOpening ? 1 : -1);
        var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact with { StableAfter = TimeSpan.Zero }));
        await peers.PauseAsync(after);
        sessions.Dispose();
        var items = sessions.Items.Count;
        closing.Dispose();
        await peers.PauseAsync(60);
        Assert.That((sessions.Items.Count, sessions.IsOver, open), Is.EqualTo((items, false, 0)));
    });
}
