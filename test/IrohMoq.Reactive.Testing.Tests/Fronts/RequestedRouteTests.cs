using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// What is read below a prefix goes on over another session with the same prefix, whatever happens to the one that is used: every group
/// arrives, once, whole.
/// </summary>
public sealed class RequestedRouteTests
{
    private const string Prefix = RoomBehindRelays.Prefix;
    private const string Name = RoomBehindRelays.Name;
    private const double Linger = 5;

    private static readonly Dictionary<string, Func<RoomBehindRelays, Task>> Ways = new(StringComparer.Ordinal)
    {
        ["relay leaves"] = static room => room.Used.Player.Moq.ShutdownAsync(),
        ["session is closed"] = static room => Do(() => room.Used.Session.Close()),
        ["relay is lost without a word"] = static room => Do(() => room.Scene.Network.Kill(room.Used.Player.Moq)),
        ["relay withdraws the prefix"] = static room => Do(room.Used.Publication.Dispose),
        ["relay loses the publisher"] = static room => Do(() => room.Used.Upstream.Close()),
    };

    private static IEnumerable<string> WayNames => Ways.Keys;

    [Test]
    public void RelayIsNoWayAnyMore_TheReadingGoesOnOverTheOther([ValueSource(nameof(WayNames))] string way) =>
        RoomBehindRelays.Run(async room =>
        {
            var reading = await room.BeginAsync("live");
            var used = room.Used;
            var began = room.Scene.Seconds;
            await Ways[way](room);
            // The silent loss is noticed after the idle timeout of 2 s.
            await room.Scene.PauseAsync(Math.Max(0, 2.5 - (room.Scene.Seconds - began)));
            Assert.That(room.Used, Is.Not.SameAs(used));
            TwoRelays.AssertWhole(await reading);
        });

    [Test]
    public void LosslessTrack_ArrivesWhole_WhenTheRelayWithdrawsThePrefix() => RoomBehindRelays.Run(static async room =>
    {
        var reading = await room.BeginAsync("whole");
        room.Used.Publication.Dispose();
        TwoRelays.AssertWhole(await reading);
    });

    [Test]
    public void RelayComesLater_AndIsUsedWhenTheOthersAreLost() => RoomBehindRelays.Run(static async room =>
    {
        var reading = await room.BeginAsync("live");
        room.Used.Session.Close();
        await room.Scene.PauseAsync(0.5);
        var second = room.Used;
        var third = await room.AddAsync("relay c");
        await room.Scene.PauseAsync(0.5);
        Assert.That(room.Used, Is.SameAs(second), "A running reading does not move for a better source.");
        second.Session.Close();
        await room.Scene.PauseAsync(0.5);
        Assert.That(room.Used, Is.SameAs(third));
        TwoRelays.AssertWhole(await reading);
    });

    /// <summary>The name of what is read is announced too, under which a relay that is left would be found.</summary>
    [Test]
    public void NameIsAnnouncedMeanwhile_TheReadingStillMovesFromPrefixToPrefix() => RoomBehindRelays.Run(static async room =>
    {
        var reading = await room.BeginAsync("live");
        using var live = room.Publisher.Moq.Publish(Name, room.Sending.Broadcast);
        var used = room.Used;
        using var here = used.Player.Moq.Publish(Name, used.Forwarded);
        using var there = room.Others.Single().Player.Moq.Publish(Name, room.Others.Single().Forwarded);
        await room.Scene.PauseAsync(0.5);
        used.Session.Close();
        await room.Scene.PauseAsync(0.5);
        Assert.That(room.Used, Is.Not.SameAs(used));
        TwoRelays.AssertWhole(await reading);
    });

    [Test]
    public void PrefixIsWithdrawn_TheBroadcastEnds_AndIsRequestedAgainWhenThePrefixIsBack() => RoomBehindRelays.Run(static async room =>
    {
        var broadcast = await room.Reader.Moq.RequestBroadcastAsync(Name);
        var began = room.Scene.Seconds;
        room.Offer.Dispose();
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
        Assert.That(room.Scene.Seconds - began, Is.LessThan(0.1));
        var again = room.Reader.Moq.RequestBroadcastAsync(Name);
        await room.Scene.PauseAsync(1);
        Assert.That((again.IsCompleted, room.Reader.Moq.Fronts.Count), Is.EqualTo((false, 3)));
        using var offer = room.Serve();
        await room.AddAsync("relay c");
        TwoRelays.AssertWhole(await Transmission.ReadAsync(await again, "live"));
    });

    /// <summary>An application that waits for the end of a broadcast may hold nothing of it but the task.</summary>
    [Test]
    public void EndIsAwaited_AndNothingElseIsKept([Values] bool isOfAllSessions) => RoomBehindRelays.Run(async room =>
    {
        var closed = await (isOfAllSessions
            ? EndAsync(room.Reader.Moq.RequestBroadcastAsync(Name))
            : EndAsync(room.Others.First().Session.RequestBroadcastAsync(Name)));
        await room.Scene.PauseAsync(1);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(closed.IsCompleted, Is.False);
        room.Offer.Dispose();
        await room.Scene.PauseAsync(1);
        Assert.That(closed.IsCompleted, Is.True);
        Assert.That((await closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
    });

    [Test]
    public void NoRelayIsLeft_TheReadingFails_AndNothingIsLeftBehind() => RoomBehindRelays.Run(static async room =>
    {
        var reading = await room.BeginAsync("live");
        var broadcast = await room.Reader.Moq.RequestBroadcastAsync(Name);
        room.Others.Single().Session.Close();
        room.Used.Session.Close();
        await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
        await room.Scene.PauseAsync(1);
        Assert.That((room.Reader.Moq.Fronts.Count, room.Others.Count()), Is.EqualTo((0, 2)));
    });

    [Test]
    public void NoRelayIsLeft_TheReadingWaitsForTheLinger([Values] bool comesInTime) =>
        RoomBehindRelays.Run(TimeSpan.FromSeconds(Linger), async room =>
        {
            var reading = await room.BeginAsync("live");
            var broadcast = await room.Reader.Moq.RequestBroadcastAsync(Name);
            room.Others.Single().Session.Close();
            room.Used.Session.Close();
            await room.Scene.PauseAsync(Linger - 0.5);
            Assert.That((reading.IsCompleted, broadcast.Closed.IsCompleted), Is.EqualTo((false, false)));
            if (comesInTime)
            {
                await room.AddAsync("relay c");
                TwoRelays.AssertWhole(await reading);
                Assert.That(broadcast.Closed.IsCompleted, Is.False);
                return;
            }

            await room.Scene.PauseAsync(0.6);
            Assert.That(broadcast.Closed.IsCompleted, Is.True);
            await Failure.OfAsync<MoqException>(async () => await reading);
        });

    /// <summary>Of two equal routes that of the newest session is asked first.</summary>
    [Test]
    public void SourceThatRefuses_IsFollowedByTheOther([Values] bool isFetched) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var has = await Service.OpenAsync(scene, reader, Prefix, request => request.Accept(scene.Saying("hello")));
        using var hasNot = await Service.OpenAsync(scene, reader, Prefix, static request => request.Reject());
        var broadcast = await reader.Moq.RequestBroadcastAsync(Name);
        if (isFetched)
        {
            using var group = await broadcast.Track("t").FetchAsync(0);
            Assert.That(group.Sequence, Is.Zero);
        }
        else
        {
            Assert.That(await Scene.HearAsync(broadcast), Is.EqualTo("hello"));
        }

        Assert.That((has.Asked.Count, hasNot.Asked), Is.EqualTo((1, new[] { Name })));
    });

    [Test]
    public void NameThatNoSourceHas_IsRefusedSoon_AndTheRefusalIsNotRemembered() => Scene.Run(static async scene =>
    {
        var (reader, isThere) = (scene.Add("reader"), false);
        using var one = await Service.OpenAsync(scene, reader, Prefix, Answer);
        using var other = await Service.OpenAsync(scene, reader, Prefix, Answer);
        var broadcast = await reader.Moq.RequestBroadcastAsync(Name);
        var began = scene.Seconds;
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(broadcast));
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
        Assert.That((scene.Seconds - began, one.Asked.Count, other.Asked.Count), Is.EqualTo((0, 1, 1)).Within(1));
        isThere = true;
        Assert.That(await Scene.HearAsync(broadcast), Is.EqualTo("hello"));

        void Answer(PendingBroadcast request)
        {
            if (isThere)
                request.Accept(scene.Saying("hello"));
            else
                request.Reject();
        }
    });

    /// <summary>What another process provides below the prefix may be something else.</summary>
    [Test]
    public void ServiceOfAnotherOrigin_DoesNotContinueTheReading() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        var first = await OpenAsync("first", origin: 1);
        using var second = await OpenAsync("second", origin: 2);
        var heard = ContentTests.HearAllAsync(await reader.Moq.RequestBroadcastAsync(Name));
        await scene.PauseAsync(1);
        await first.Session.DisposeAsync();
        await Failure.OfAsync<MoqSessionClosedException>(async () => await heard);
        Assert.That(second.Asked, Is.Empty);
        Assert.That(await Scene.HearAsync(await reader.Moq.RequestBroadcastAsync(Name)), Is.EqualTo("second"));

        Task<Service> OpenAsync(string text, int origin) => Service.OpenAsync(
            scene, reader, Prefix, request => request.Accept(scene.Saying(text)), origin, cost: (ulong)origin);
    });

    [Test]
    public void GroupIsFetched_FromTheOtherSourceToo() => RoomBehindRelays.Run(static async room =>
    {
        using var track = room.Sending.Broadcast.CreateTrack("kept");
        Scene.Say(track, "kept");
        var asked = (await room.Reader.Moq.RequestBroadcastAsync(Name)).Track("kept");
        for (var relays = 0; relays < 2; relays++)
        {
            using (var group = await asked.FetchAsync(0))
                Assert.That(group.Sequence, Is.Zero);
            Assert.That((await asked.GetPropertiesAsync())!.Timescale, Is.Not.Zero);
            if (relays == 0)
                room.Others.First().Session.Close();
            await room.Scene.PauseAsync(0.5);
        }
    });

    /// <summary>The name is announced in the session too, and is not taken for the prefix that is read from.</summary>
    [Test]
    public void SessionHasAnotherConnection_TheReadingStaysInTheSession_AndKeepsItOpen() => RoomBehindRelays.Run(static async room =>
    {
        using var live = room.Sending.Broadcast.CreateTrack("t");
        using var reading = (await room.Reader.Moq.RequestBroadcastAsync(Name)).Track("t").Open();
        Scene.Say(live, "hello");
        await room.Scene.PauseAsync(1);
        var used = room.Used;
        room.Others.Single().Session.Close();
        using var announced = used.Player.Moq.Publish(Name, used.Forwarded);
        await room.Scene.PauseAsync(1);
        var there = await SessionAsync(used.Player, room.Reader);
        var leaving = there.GoAwayAsync(timeout: TimeSpan.FromSeconds(5));
        await room.Scene.PauseAsync(1);
        // Only then can the relay tell on the other connection where it begins.
        Scene.Say(live, "hello again");
        Assert.That(await leaving, Is.True);
        await used.Session.DisposeAsync();
        await room.Scene.PauseAsync(60);
        Assert.That((used.Session.Closed.IsCompleted, live.SubscriberCount), Is.EqualTo((false, 1)));
    });

    /// <summary>A reading keeps the session open that it is read from, and no other one, and none when it has ended.</summary>
    [Test]
    public void SessionThatIsReadFrom_StaysWithoutAHandle_UntilTheReadingEnds() => RoomBehindRelays.Run(static async room =>
    {
        using var stop = new CancellationTokenSource();
        using var live = room.Sending.Broadcast.CreateTrack("t");
        var reading = ReadAsync((await room.Reader.Moq.RequestBroadcastAsync(Name)).Track("t"), stop.Token);
        Scene.Say(live, "hello");
        await room.Scene.PauseAsync(1);
        var (used, other) = (room.Used, room.Others.Single());
        await used.Session.DisposeAsync();
        await room.Scene.PauseAsync(60);
        Assert.That(used.Session.Closed.IsCompleted, Is.False);
        used.Publication.Dispose();
        await room.Scene.PauseAsync(0.05);
        Scene.Say(live, "hello again");
        await room.Scene.PauseAsync(1);
        await other.Session.DisposeAsync();
        await room.Scene.PauseAsync(60);
        Assert.That((used.Session.Closed.IsCompleted, other.Session.Closed.IsCompleted), Is.EqualTo((true, false)));
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await reading);
        await room.Scene.PauseAsync(10);
        Assert.That((other.Session.Closed.IsCompleted, live.SubscriberCount), Is.EqualTo((true, 0)));
        Assert.That(room.Reader.Moq.Fronts.Count, Is.Zero);
    });

    private static async Task<MoqSession> SessionAsync(Player of, Player with)
    {
        await foreach (var sessions in of.Moq.ReadOpenSessionsAsync())
            return sessions.Single(session => session.RemoteId == with.Id);
        throw new AssertionException("The peer has no session.");
    }

    private static async Task ReadAsync(TrackConsumer track, CancellationToken stop)
    {
        await foreach (var group in track.ReadGroupsAsync(stop))
            group.Dispose();
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task<Task<BroadcastEnd>> EndAsync(Task<BroadcastConsumer> broadcast) => (await broadcast).Closed;
}
