using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary><c>moq.Reconnect</c>: when it dials again, when it stops, and what goes on.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReconnectingTests
{
    private static readonly ReconnectOptions Exact = new() { Jitter = 0 };

    private static IEnumerable<TestCaseData> BadOptions =>
    [
        Bad(nameof(ReconnectOptions.FirstDelay), static () => Exact with { FirstDelay = TimeSpan.Zero }),
        Bad(nameof(ReconnectOptions.FirstDelay), static () => Exact with { FirstDelay = TimeSpan.MaxValue }),
        Bad(nameof(ReconnectOptions.MaxDelay), static () => Exact with { MaxDelay = Timeout.InfiniteTimeSpan }),
        Bad(nameof(ReconnectOptions.MaxDelay), static () => Exact with { MaxDelay = TimeSpan.MaxValue }),
        Bad(nameof(ReconnectOptions.Jitter), static () => Exact with { Jitter = 1.1 }),
        Bad(nameof(ReconnectOptions.Jitter), static () => Exact with { Jitter = double.NaN }),
        Bad(nameof(ReconnectOptions.StableAfter), static () => Exact with { StableAfter = TimeSpan.FromSeconds(-1) }),
        Bad(nameof(ReconnectOptions.MaxAttempts), static () => Exact with { MaxAttempts = 0 }),
        Bad(nameof(ReconnectOptions.GiveUpAfter), static () => Exact with { GiveUpAfter = TimeSpan.FromSeconds(-1) }),
    ];

    [TestCaseSource(nameof(BadOptions))]
    public void OptionOutOfRange_IsNamedWhenItIsSet(Func<ReconnectOptions> set, string property) =>
        Assert.That(() => set(), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains($"ReconnectOptions.{property} must"));

    [Test]
    public void BadArguments_AreRefusedAtOnce() => Peers.Run(peers =>
    {
        Assert.That(() => peers.Bob.Reconnect(null!), Throws.ArgumentNullException);
        var options = Exact with { MaxDelay = TimeSpan.FromSeconds(0.5) };
        Assert.That(
            () => peers.Bob.Reconnect(peers.ToAlice, options),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ReconnectOptions.MaxDelay must be FirstDelay or more"));
        return Task.CompletedTask;
    });

    [Test]
    public void PeerStays_OneSessionAndNoEnd() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice));
        await peers.PauseAsync(300);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((1, false)));
    });

    [Test]
    public void DialsFail_TheWaitDoublesToFiveSeconds() => Peers.Run(async peers =>
    {
        var dials = DialsOf(peers, Exact, 60);
        // Each dial takes the network's 10 s to fail; then come the waits of 1, 2, 4, 5 and 5 s.
        Assert.That(await dials, Is.EqualTo(new[] { 0, 11, 23, 37, 52 }).Within(0.001));
    });

    [Test]
    public void Jitter_MakesAWaitShorterByAPartOfIt() => Peers.Run(async peers =>
    {
        var dials = await DialsOf(peers, new ReconnectOptions { Jitter = 0.25 }, 3500);
        double[] full = [1, 2, 4, .. Enumerable.Repeat(5.0, dials.Count - 4)];
        var parts = dials.Zip(dials.Skip(1), static (one, next) => next - one - 10)
            .Zip(full, static (wait, whole) => wait / whole)
            .ToArray();
        Assert.That(parts, Is.All.InRange(0.7499, 1.0001));
        Assert.That(
            (parts.Min(), parts.Max()),
            Is.EqualTo((0.75, 1.0)).Using<(double, double)>(
                static (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.02 && Math.Abs(a.Item2 - b.Item2) < 0.02),
            "It is drawn from the whole range.");
    });

    [Test]
    public void Seed_DecidesTheJitter()
    {
        List<double> Dials(int seed)
        {
            List<double> dials = [];
            Peers.Run(async peers => dials = await DialsOf(peers, ReconnectOptions.Default, 100), seed);
            return dials;
        }

        var first = Dials(1);
        Assert.That(Dials(1), Is.EqualTo(first));
        Assert.That(Dials(2), Is.Not.EqualTo(first).Within(0.001));
    }

    [Test]
    public void MostAttempts_FailsWithTheLastDial() => Peers.Run(async peers =>
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, Exact with { MaxAttempts = 3 }));
        await peers.PauseAsync(300);
        Assert.That(
            sessions.Failure,
            Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.TimedOut));
        Assert.That(sessions.EndedAt, Is.EqualTo(10 + 1 + 10 + 2 + 10).Within(0.001), "At once when the last one has failed.");
    });

    [Test]
    public void GiveUpAfter_FailsAsSoonAsTheNextDialWouldBeLater() => Peers.Run(async peers =>
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, Exact with { GiveUpAfter = TimeSpan.FromSeconds(24) }));
        await peers.PauseAsync(300);
        Assert.That(sessions.Failure, Is.TypeOf<MoqConnectException>());
        Assert.That(sessions.EndedAt, Is.EqualTo(33).Within(0.001), "The dial at 23 s is in time; the one at 37 s would not be.");
    });

    [Test]
    public void CleanCloseByThePeer_IsDialedAgainAfterTheFirstWait() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await CloseAsync(peers, MoqErrorCode.Cancel);
        var closed = peers.Seconds;
        await peers.PauseAsync(20);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((2, false)));
        Assert.That(sessions.Times[1] - closed, Is.EqualTo(1.03).Within(0.002), "10 ms until the end is seen, 1 s, 20 ms for the dial.");
        Assert.That(sessions.Items[0].Closed.IsCompleted, Is.True);
    });

    [Test]
    public void ShortSessions_EscalateAndOneThatLastsBeginsAnew() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        List<double> waits = [];
        await peers.PauseAsync(0.1);
        foreach (var life in new[] { 1.0, 1, 1, 1, 1, 10.1, 1 })
        {
            var before = sessions.Items.Count;
            await peers.PauseAsync(life);
            await CloseAsync(peers, MoqErrorCode.Cancel);
            var closed = peers.Seconds;
            while (sessions.Items.Count == before)
                await peers.PauseAsync(0.001);
            waits.Add(Math.Round(sessions.Times[^1] - closed - 0.03, 2));
        }

        Assert.That(waits, Is.EqualTo(new[] { 1, 2, 4, 5, 5, 1, 2 }).Within(0.011));
    });

    [Test]
    public void ShortSessions_AreGivenUpAsFailedDialsAre() => Peers.Run(async peers =>
    {
        using var closing = peers.Alice.IncomingSessions().Subscribe(
            static incoming => incoming.Accept().Close(MoqErrorCode.FromApplication(3), "not today"));
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact with { MaxAttempts = 3 }));
        await peers.PauseAsync(300);
        Assert.That(sessions.Items, Has.Count.EqualTo(3));
        Assert.That(sessions.Failure, Is.TypeOf<MoqConnectException>().With.Message.Contains("not today"));
        Assert.That(sessions.EndedAt, Is.EqualTo(3).Within(0.2));
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
        Assert.That(((MoqException)sessions.Failure!).Code, Is.EqualTo(new MoqErrorCode(code)));
        Assert.That(sessions.EndedAt, Is.EqualTo(0.03).Within(0.011));
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

    [Test]
    public void SupersededAtThePeer_IsNoFailureOnceItHasLasted() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await CloseAsync(peers, MoqErrorCode.Superseded, "superseded");
        var closed = peers.Seconds;
        await peers.PauseAsync(0.5);
        Assert.That(sessions.Times[1] - closed, Is.EqualTo(0.03).Within(0.002), "No wait.");
        await CloseAsync(peers, MoqErrorCode.Superseded, "superseded");
        await peers.PauseAsync(0.9);
        Assert.That(sessions.Items, Has.Count.EqualTo(2), "Two of one identity must not chase each other out.");
        await peers.PauseAsync(0.2);
        Assert.That(sessions.Items, Has.Count.EqualTo(3));
    });

    [TestCase(0.5, Description = "While a session is open.")]
    [TestCase(35, Description = "While it waits to dial again, or dials.")]
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
    public void ShutDownWhileItWaits_CompletesAtOnce() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await CloseAsync(peers, MoqErrorCode.Cancel);
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
    public void Unsubscribed_AtAnyMomentLeavesNothingBehind([Range(0, 2.4, 0.05)] double after) => Peers.Run(async peers =>
    {
        // A dial takes 20 ms, a session lasts half a second, a wait one.
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

    [Test]
    public void Republished_AfterEachReconnection() => Peers.Run(async peers =>
    {
        using var live = peers.Bob.Publish("studio/bob", peers.NewBroadcast().Broadcast);
        using var sessions = peers.Bob.Reconnect(peers.ToAlice, Exact).Subscribe();
        using var announced = peers.Note(peers.Alice.Announcements());
        await peers.PauseAsync(20);
        await CloseAsync(peers, MoqErrorCode.Cancel);
        await peers.PauseAsync(20);
        Assert.That(
            announced.Items.Select(static a => (a.Path, a.IsActive)),
            Is.EqualTo(new (BroadcastPath, bool)[] { ("studio/bob", true), ("studio/bob", false), ("studio/bob", true) }));
    });

    [TestCase(false, Description = "Closed by the peer.")]
    [TestCase(true, Description = "The peer vanishes and comes back at the same address.")]
    public void Subscription_GoesOnWithTheNewestGroup(bool vanishes) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
            .Select(Peers.Text));
        await peers.PauseAsync(0.1);
        Peers.Write(track, "a");
        await peers.PauseAsync(20);
        if (vanishes)
            peers.Network.Partition(peers.Alice, peers.Bob);
        else
            await CloseAsync(peers, MoqErrorCode.Cancel);
        await peers.PauseAsync(0.2);
        Peers.Write(track, "lost");
        await peers.PauseAsync(0.2);
        Peers.Write(track, "b");
        await peers.PauseAsync(60);
        peers.Network.Heal(peers.Alice, peers.Bob);
        await peers.PauseAsync(20);
        Peers.Write(track, "c");
        await peers.PauseAsync(1);
        Assert.That(lines.Items, Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(lines.IsOver, Is.False);
    });

    [Test]
    public void SessionLostWithinAGroup_TearsNothingDown() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch()
            .Select(Peers.Text));
        await peers.PauseAsync(0.1);
        var group = track.AppendGroup();
        group.Write("half"u8);
        await peers.PauseAsync(1);
        // The publisher's whole manager goes in the middle of a group, and is back.
        await peers.Alice.DisposeAsync();
        await peers.Network.EndpointOf(peers.Alice).DisposeAsync();
        group.Dispose();
        await peers.PauseAsync(1);
        Assert.That((lines.Items, lines.IsOver), Is.EqualTo((new[] { "half" }, false)));
    });

    [TestCase(0)]
    [TestCase(0.001)]
    [TestCase(0.1)]
    public void TrackGivenUpBeforeTheSessionEnds_TearsNothingDown(double seconds) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("studio/main", broadcast);
        using var lines = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact)
            .Select(static session => session.WatchBroadcast("studio/main")).Switch()
            .Select(static studio => studio.Track("lines").Frames().EndOnFailure()).Switch());
        await peers.PauseAsync(0.1);
        Peers.Write(track, "a");
        await peers.PauseAsync(1);
        track.Abort(MoqErrorCode.Dropped);
        await peers.PauseAsync(seconds);
        await CloseAsync(peers, MoqErrorCode.Cancel);
        await peers.PauseAsync(0.5);
        Assert.That((lines.Items.Count, lines.IsOver), Is.EqualTo((1, false)));
    });

    /// <summary>When a peer that answers nobody is dialed.</summary>
    private static TestCaseData Bad(string property, Func<ReconnectOptions> set) =>
        new TestCaseData(set, property).SetArgDisplayNames(property);

    private static async Task<List<double>> DialsOf(Peers peers, ReconnectOptions options, double seconds)
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, options));
        await peers.PauseAsync(seconds);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((0, false)));
        return peers.Dials.Times;
    }

    /// <summary>Alice closes what bob has dialed.</summary>
    private static async Task CloseAsync(Peers peers, MoqErrorCode code, string reason = "bye")
    {
        await foreach (var incoming in peers.Alice.ReadIncomingSessionsAsync())
        {
            incoming.Accept().Close(code, reason);
            return;
        }
    }
}
