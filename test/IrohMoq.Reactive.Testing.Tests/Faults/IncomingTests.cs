using System.Reactive.Linq;
using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>Peers that dial: what they see before they are accepted, who decides, and who is told.</summary>
public sealed class IncomingTests
{
    private static readonly MoqOptions Gated = new() { RequireAccept = true };

    [Test, Fault(10)]
    public void OutboundNotEmittedAsIncoming() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (atAlice, atBob) = (new List<EndpointId>(), new List<EndpointId>());
        using var one = alice.Moq.IncomingSessions().Subscribe(incoming => atAlice.Add(incoming.RemoteId));
        using var other = bob.Moq.IncomingSessions().Subscribe(incoming => atBob.Add(incoming.RemoteId));
        var session = await alice.ConnectAsync(bob);
        await scene.PauseAsync(1);
        Assert.That((atAlice, atBob, session.IsOutbound), Is.EqualTo((Array.Empty<EndpointId>(), new[] { alice.Id }, true)));
    });

    [Test, Fault(11)]
    public void ByDefault_ASessionIsEstablishedWhenItComes_AsTheSeedSays() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        // No subscriber decides, because there is none.
        var session = await bob.ConnectAsync(alice);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
        await scene.PauseAsync(60);
        Assert.That((session.Closed.IsCompleted, alice.Events), Is.EqualTo((false, new[] { "opens" })));
        // A subscriber that does not decide changes nothing.
        using var looking = alice.Moq.IncomingSessions().Subscribe(static _ => { });
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test, Fault(11)]
    public void NothingAnnouncedBeforeAccept() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", Gated), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        IncomingSession? waiting = null;
        using var incoming = alice.Moq.IncomingSessions().Subscribe(session => waiting = session);
        var session = await bob.ConnectAsync(alice);
        using var later = alice.Moq.Publish("y", broadcast);
        await scene.PauseAsync(9);
        Assert.That(
            (session.OriginConsumer.Names, alice.Events),
            Is.EqualTo((Array.Empty<BroadcastPath>(), Array.Empty<string>())),
            "neither a broadcast nor a session");

        await using var accepted = waiting!.Accept();
        await scene.PauseAsync(1);
        Assert.That(session.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "x", "y" }));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens" }));
        Assert.That(await alice.ConnectAsync(bob), Is.EqualTo(accepted));
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False, "the time to decide ran out after the decision");
    });

    [Test, Fault(11), Fault(15)]
    public void RejectedPeerSeesNoBroadcast_AndTypedError() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", Gated), scene.Add("bob"));
        using var broadcast = scene.Saying("secret");
        using var live = alice.Moq.Publish("x", broadcast);
        using var incoming = alice.Moq.IncomingSessions().Subscribe(static session => session.Reject());
        var session = await bob.ConnectAsync(alice);
        var seen = new List<Announcement>();
        using var announcements = session.Announcements().Subscribe(seen.Add);
        var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await session.SubscribeAsync("x"));
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.Unauthorized, true)));
        var closed = await session.Closed;
        Assert.That((closed.Code.Value, closed.Reason, closed.IsRemote, closed.IsRefused), Is.EqualTo((6u, "rejected", true, true)));
        await scene.PauseAsync(60);
        Assert.That((seen, alice.Events), Is.EqualTo((Array.Empty<Announcement>(), Array.Empty<string>())));
    });

    [Test, Fault(15)]
    public void Reject_SendsTheGivenCodeAndReason() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var incoming = alice.Moq.IncomingSessions().Subscribe(
            static session => session.Reject(MoqErrorCode.FromApplication(40), "members only"));
        var closed = await (await bob.ConnectAsync(alice)).Closed;
        Assert.That((closed.Code.ApplicationCode, closed.Reason, closed.IsRemote), Is.EqualTo((40, "members only", true)));
    });

    [Test, Fault(11), Fault(15)]
    public void Admit_RefusesWithSixBeforeAnythingIsSent() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var asked = new List<EndpointId>();
        var alice = scene.Add("alice", new MoqOptions { AcceptPolicy = (peer, _) => new(Note(peer.RemoteId) && peer.RemoteId != bob.Id) });
        using var broadcast = scene.Saying("secret");
        using var live = alice.Moq.Publish("x", broadcast);
        var incoming = 0;
        using var atAlice = alice.Moq.IncomingSessions().Subscribe(_ => incoming++);
        var session = await bob.ConnectAsync(alice);
        var announced = new List<Announcement>();
        using var atBob = session.Announcements().Subscribe(announced.Add);
        var closed = await session.Closed;
        Assert.That((closed.Code.Value, closed.IsRemote, closed.IsRefused), Is.EqualTo((6u, true, true)));
        Assert.That((announced, incoming, alice.Events), Is.EqualTo((Array.Empty<Announcement>(), 0, Array.Empty<string>())));
        Assert.That(
            scene.Network.Trace.Lines.Where(static line =>
                line.Contains(" bob c1 s", StringComparison.Ordinal) && !line.Contains(" acknowledged ", StringComparison.Ordinal)),
            Is.Empty,
            "no byte has come from alice: her transport has only acknowledged the SETUP that she decides by");

        Assert.That(await Scene.HearAsync(await (await scene.Add("carol").ConnectAsync(alice)).SubscribeAsync("x")), Is.EqualTo("secret"));
        Assert.That((await alice.ConnectAsync(bob)).Closed.IsCompleted, Is.False, "a peer that this side dials needs no decision");
        Assert.That(asked, Has.Count.EqualTo(2));

        bool Note(EndpointId id)
        {
            asked.Add(id);
            return true;
        }
    });

    [Test, Fault(11)]
    public void AdmitThatThrows_Refuses() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { AcceptPolicy = static (_, _) => throw new InvalidDataException("a bug") });
        var closed = await (await scene.Add("bob").ConnectAsync(alice)).Closed;
        Assert.That(closed.Code, Is.EqualTo(MoqErrorCode.Unauthorized));
    });

    [TestCase(true)]
    [TestCase(false)]
    [Fault(11)]
    public void UndecidedTimesOut(bool isSomebodyLooking) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", Gated with { DecisionTimeout = TimeSpan.FromSeconds(3) }), scene.Add("bob"));
        IncomingSession? seen = null;
        using var looking = isSomebodyLooking ? alice.Moq.IncomingSessions().Subscribe(session => seen = session) : null;
        var session = await bob.ConnectAsync(alice);
        var before = scene.Seconds;
        var closed = await session.Closed;
        // One latency until the connection arrives at the hub, and one until the peer has the answer.
        Assert.That(scene.Seconds - before, Is.EqualTo(3 + (2 * Scene.Latency)).Within(0.001));
        Assert.That((closed.Code.Value, closed.IsRemote, closed.IsRefused), Is.EqualTo((6u, true, true)));
        Assert.That(alice.Events, Is.Empty);
        if (isSomebodyLooking)
            Assert.That((seen!.TryAccept(out _), seen.Reject()), Is.EqualTo((false, false)), "it has been decided");
    });

    [Test, Fault(12)]
    public void SeveralSubscribers_TheFirstDecisionWins([Values] bool isGated) => Scene.Run(async scene =>
    {
        var (alice, bob, carol) = (scene.Add("alice", Gated with { RequireAccept = isGated }), scene.Add("bob"), scene.Add("carol"));
        var decisions = new List<(EndpointId Peer, bool Won)>();
        using var first = alice.Moq.IncomingSessions().Subscribe(incoming => Decide(incoming, accept: incoming.RemoteId == bob.Id));
        using var second = alice.Moq.IncomingSessions().Subscribe(incoming => Decide(incoming, accept: incoming.RemoteId != bob.Id));
        var (accepted, rejected) = (await bob.ConnectAsync(alice), await carol.ConnectAsync(alice));
        var closed = await rejected.Closed;
        await scene.PauseAsync(60);
        Assert.That((accepted.Closed.IsCompleted, closed.Code), Is.EqualTo((false, MoqErrorCode.Unauthorized)));
        Assert.That(decisions, Is.EqualTo(new[] { (bob.Id, true), (bob.Id, false), (carol.Id, true), (carol.Id, false) }));

        void Decide(IncomingSession incoming, bool accept) =>
            decisions.Add((incoming.RemoteId, accept ? incoming.TryAccept(out _) : incoming.Reject(MoqErrorCode.Rejected, "no")));
    });

    [Test, Fault(13)]
    public void BurstOf100IncomingNoneLost() => Scene.Run(async scene =>
    {
        var hub = scene.Add("hub");
        var peers = Enumerable.Range(0, 100).Select(i => scene.Add($"p{i}")).ToArray();
        var (pushed, missed) = (new List<EndpointId>(), 0L);
        using var incoming = hub.Moq.IncomingSessions(onSkipped: skipped => missed += skipped).Subscribe(
            session => pushed.Add(session.RemoteId));
        // A reader that asks for no item before all sessions have come.
        await using var pulled = hub.Moq.ReadIncomingSessionsAsync(skipped => missed += skipped).GetAsyncEnumerator();
        var dials = peers.Select(peer => peer.ConnectAsync(hub)).ToArray();
        await Task.WhenAll(dials);
        await scene.PauseAsync(1);
        var later = new List<EndpointId>();
        while (later.Count < 100 && await pulled.MoveNextAsync())
            later.Add(pulled.Current.RemoteId);
        Assert.That(pushed, Is.EquivalentTo(peers.Select(static peer => peer.Id)));
        Assert.That((later, missed), Is.EqualTo((pushed, 0L)));
    });

    [Test, Fault(13)]
    public void LateSubscriberSeesPending([Values] bool isGated) => Scene.Run(async scene =>
    {
        var hub = scene.Add("hub", Gated with { RequireAccept = isGated });
        var sessions = new List<MoqSession>();
        for (var i = 0; i < 18; i++)
            sessions.Add(await scene.Add($"p{i}").ConnectAsync(hub));
        sessions[17].Close();
        await scene.PauseAsync(1);
        var seen = new List<EndpointId>();
        using var late = hub.Moq.IncomingSessions().Subscribe(incoming =>
        {
            seen.Add(incoming.RemoteId);
            incoming.Accept();
        });
        await scene.PauseAsync(60);
        Assert.That(seen, Has.Count.EqualTo(16), "the last ones that are open");
        Assert.That(sessions.Count(static session => !session.Closed.IsCompleted), Is.EqualTo(isGated ? 16 : 17));
    });

    [TestCase(true, 4)]
    [TestCase(false, 0)]
    [Fault(14)]
    public void StreamWithoutReads_KeepsNoMoreThanItsRing(bool isSomebodySubscribed, int most) => Scene.Run(async scene =>
    {
        // A player would keep the sessions in its list of closures.
        var (hub, peer) = (scene.Network.AddPeer("hub", new MoqOptions { NoticeCapacity = 4 }), scene.Network.AddPeer("peer"));
        await using var unread = isSomebodySubscribed ? hub.ReadIncomingSessionsAsync().GetAsyncEnumerator() : null;
        var gone = new List<WeakReference>();
        for (var i = 0; i < 20; i++)
            gone.Add(await ComeAndGoAsync(scene, hub, peer));
        await scene.PauseAsync(60);
        var late = 0;
        using var replayed = hub.IncomingSessions().Subscribe(_ => late++);
        await scene.PauseAsync(1);
        Assert.That(late, Is.Zero, "closed sessions are not replayed");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(gone.Count(static session => session.IsAlive), Is.LessThanOrEqualTo(most));
    });

    [Test, Fault(16)]
    public void StreamsOfSessions_CompleteOnShutdown() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var ends = new List<string>();
        using var incoming = alice.Moq.IncomingSessions().Subscribe(static _ => { }, () => ends.Add("incoming"));
        var reading = ReadAsync();
        await bob.ConnectAsync(alice);
        await alice.Moq.ShutdownAsync();
        Assert.That(ends, Is.EqualTo(new[] { "incoming" }), "before the shutdown returns");
        await reading;
        using var late = alice.Moq.IncomingSessions().Subscribe(static _ => { }, () => ends.Add("late"));
        await scene.PauseAsync(1);
        Assert.That(ends, Is.EqualTo(new[] { "incoming", "late" }));

        async Task ReadAsync()
        {
            await foreach (var _ in alice.Moq.ReadIncomingSessionsAsync())
            {
                // The reading ends with the manager.
            }
        }
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> ComeAndGoAsync(Scene scene, Moq hub, Moq peer)
    {
        await using var session = await peer.ConnectAsync(scene.Network.AddressOf(hub));
        await scene.PauseAsync(0.1);
        var atHub = await hub.ConnectAsync(scene.Network.AddressOf(peer));
        session.Close();
        await scene.PauseAsync(0.1);
        return new WeakReference(atHub.OriginProducer);
    }
}
