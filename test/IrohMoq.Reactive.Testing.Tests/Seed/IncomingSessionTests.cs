namespace IrohMoq.Reactive.Testing.Tests.Original;

/// <summary>The original's <c>IncomingSession</c> and <c>IncomingSessionStream</c>.</summary>
public sealed class IncomingSessionTests
{
    [Test]
    public void IncomingSession_RemoteId() => Scene.Run(async scene =>
    {
        var (incoming, _, bob, _) = await ComeAsync(scene);
        Assert.That(incoming.RemoteId, Is.EqualTo(bob.Id));
    });

    [Test]
    public void IncomingSession_Accept() => Scene.Run(async scene =>
    {
        var (incoming, alice, bob, session) = await ComeAsync(scene);
        var accepted = incoming.Accept();
        Assert.That((accepted.RemoteId, accepted.IsOutbound), Is.EqualTo((bob.Id, false)));
        Assert.That(await alice.ConnectAsync(bob), Is.EqualTo(accepted));
        Assert.That(incoming.Reject(), Is.False, "it has been decided");
        await accepted.DisposeAsync();
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False, "the session of the peer stays without a handle");
    });

    [Test]
    public void IncomingSession_Reject([Values("moq-lite-03", "moq-lite-06")] string protocol) => Scene.Run(async scene =>
    {
        var (incoming, alice, _, session) = await ComeAsync(scene, new MoqOptions { Protocols = [protocol] });
        Assert.That(incoming.Reject(), Is.True);
        var closed = await session.Closed;
        // In moq-lite-03 the number is the original's, which is also that of a failed transport.
        var code = protocol == "moq-lite-03" ? "1 (unspecified)" : $"{MoqErrorCode.Unauthorized}";
        Assert.That(($"{closed.Code}", closed.Reason, closed.IsRemote), Is.EqualTo((code, "rejected", true)));
        Assert.That(incoming.TryAccept(out _), Is.False);
        Assert.That(incoming.Accept().Closed.IsCompleted, Is.True);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 1" }), "by default it was established when it came");
    });

    [Test]
    public void IncomingSessionStream_Yields() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var peers = new[] { scene.Add("bob"), scene.Add("carol"), scene.Add("dave") };
        foreach (var peer in peers)
            await peer.ConnectAsync(alice);
        await scene.PauseAsync(1);
        var came = new List<EndpointId>();
        await foreach (var incoming in alice.Moq.ReadIncomingSessionsAsync())
        {
            came.Add(incoming.RemoteId);
            if (came.Count == peers.Length)
                break;
        }

        Assert.That(came, Is.EqualTo(peers.Select(static peer => peer.Id)));
    });

    [Test]
    public void IncomingSessionStream_Lag_SkipsAndReports() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { NoticeCapacity = 4 });
        var missed = new List<long>();
        await using var slow = alice.Moq.ReadIncomingSessionsAsync(missed.Add).GetAsyncEnumerator();
        var peers = Enumerable.Range(0, 10).Select(i => scene.Add($"p{i}")).ToArray();
        foreach (var peer in peers)
            await peer.ConnectAsync(alice);
        await scene.PauseAsync(1);
        await slow.MoveNextAsync();
        Assert.That((slow.Current.RemoteId, slow.Current.Skipped), Is.EqualTo((peers[6].Id, 6L)), "the oldest that is kept");
        await slow.MoveNextAsync();
        Assert.That((slow.Current.RemoteId, slow.Current.Skipped), Is.EqualTo((peers[7].Id, 0L)));
        Assert.That(missed, Is.EqualTo(new[] { 6L }));
        Assert.That(alice.Events, Has.Count.EqualTo(10), "those it missed are open all the same");
    });

    private static async Task<(IncomingSession Incoming, Player Alice, Player Bob, MoqSession Session)> ComeAsync(
        Scene scene, MoqOptions? options = null)
    {
        var (alice, bob) = (scene.Add("alice", options), scene.Add("bob"));
        IncomingSession? incoming = null;
        using var sessions = alice.Moq.IncomingSessions().Subscribe(session => incoming = session);
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        return (incoming!, alice, bob, session);
    }
}
