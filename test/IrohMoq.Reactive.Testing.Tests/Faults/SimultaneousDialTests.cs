namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>
/// Two peers that dial each other at once have one session, on the connection that the smaller id dialed, and no event reports the other
/// connection.
/// </summary>
public sealed class SimultaneousDialTests
{
    /// <summary>
    /// The time by which the second peer dials later, in thousandths of the latency: less than three latencies, after which the
    /// connection of the first peer has arrived.
    /// </summary>
    private static readonly int[] Skews = [0, 1, 500, 999, 1000, 1001, 1500, 1999, 2000, 2001, 2500, 2990];

    [Test, Fault(3)]
    public void SimultaneousDial_BothSidesKeepSameConnection(
        [Values] bool isSmallerFirst, [ValueSource(nameof(Skews))] int skew) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var (first, second) = isSmallerFirst ? (small, great) : (great, small);
        var there = first.ConnectAsync(second);
        await scene.PauseAsync(skew * Scene.Latency / 1000);
        var (atSecond, atFirst) = (await second.ConnectAsync(first), await there);
        await scene.PauseAsync(1);

        var (atSmall, atGreat) = isSmallerFirst ? (atFirst, atSecond) : (atSecond, atFirst);
        Assert.That((atSmall.Connection.IsOutbound, atGreat.Connection.IsOutbound), Is.EqualTo((true, false)));
        Assert.That((small.Endpoint.Connected.Count, great.Endpoint.Connected.Count), Is.EqualTo((1, 1)));
        Assert.That(scene.Told("closed on this side with code 65600: superseded"), Is.EqualTo(1), "by the side that dialed it");
        Assert.That(
            scene.Network.Trace.Lines, Has.Exactly(1).Match($" {great.Endpoint.Name} c. closed on this side with code 65600: superseded"));
        Assert.That((await small.ConnectAsync(great), await great.ConnectAsync(small)), Is.EqualTo((atSmall, atGreat)));
    });

    [Test, Fault(3), Fault(4)]
    public void SupersededClose_IsNotDisconnect(
        [Values] bool isSmallerFirst, [ValueSource(nameof(Skews))] int skew) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var incoming = new List<EndpointId>();
        using var atBoth = new System.Reactive.Disposables.CompositeDisposable(
            new[] { small, great }.Select(peer => peer.Moq.IncomingSessions().Subscribe(session => incoming.Add(session.RemoteId))));
        var (first, second) = isSmallerFirst ? (small, great) : (great, small);
        var there = first.ConnectAsync(second);
        await scene.PauseAsync(skew * Scene.Latency / 1000);
        var back = second.ConnectAsync(first);
        var sessions = new[] { await there, await back };
        await scene.PauseAsync(60);
        Assert.That((small.Events, great.Events), Is.EqualTo((new[] { "opens" }, new[] { "opens" })));
        Assert.That((small.Closures, great.Closures), Is.EqualTo((Array.Empty<SessionClosed>(), Array.Empty<SessionClosed>())));
        Assert.That(sessions.Select(static session => session.Closed.IsCompleted), Is.All.False);
        Assert.That(
            incoming,
            Has.Count.EqualTo(sessions.Count(static session => !session.IsOutbound)),
            "a session that this side dialed is not reported as incoming as well");
    });

    [Test, Fault(3)]
    public void SimultaneousDial_PublishSubscribeCross(
        [Values] bool isSmallerFirst, [ValueSource(nameof(Skews))] int skew) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var (first, second) = isSmallerFirst ? (small, great) : (great, small);
        using var forAll = scene.Saying("for all");
        using var live = first.Moq.Publish("all", forAll);
        var there = first.ConnectAsync(second);
        await scene.PauseAsync(skew * Scene.Latency / 1000);
        var back = second.ConnectAsync(first);
        // As in a call: each peer publishes on its own session and waits there for the other.
        var calls = new[] { CallAsync(await there, "first", "second"), CallAsync(await back, "second", "first") };
        Assert.That(await calls[0], Is.EqualTo("I am second"));
        Assert.That(await calls[1], Is.EqualTo("I am first"));
        Assert.That(await Scene.HearAsync(await (await back).SubscribeAsync("all")), Is.EqualTo("for all"));

        await scene.PauseAsync(1);
        using var late = scene.Saying("late");
        using var other = (await second.ConnectAsync(first)).Publish("late", late);
        Assert.That(
            await Scene.HearAsync(await (await there).SubscribeAsync("late")),
            Is.EqualTo("late"),
            "by one handle, seen through the other side's first one");
        Assert.That(
            (await back).OriginProducer.Consume().Names, Has.Member(new BroadcastPath("late")), "and through this side's other handle");

        async Task<string> CallAsync(MoqSession session, string me, string you)
        {
            var broadcast = scene.Saying($"I am {me}");
            session.Publish($"call/{me}", broadcast);
            return await Scene.HearAsync(await session.SubscribeAsync($"call/{you}"));
        }
    });

    [Test, Fault(3)]
    public void OnlyOneSubscribes_ItReadsWhateverTheSkew(
        [Values] bool isSmallerFirst, [Values] bool isFirstReading, [ValueSource(nameof(Skews))] int skew) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var (first, second) = isSmallerFirst ? (small, great) : (great, small);
        var (reader, publisher) = isFirstReading ? (first, second) : (second, first);
        using var broadcast = scene.Saying("hello");
        using var live = publisher.Moq.Publish("x", broadcast);
        var there = first.ConnectAsync(second);
        await scene.PauseAsync(skew * Scene.Latency / 1000);
        var back = second.ConnectAsync(first);
        var session = await (reader == first ? there : back);
        Assert.That(
            await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"), "a subscription that is on its way is served");
        await scene.PauseAsync(10);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("hello"));
        Assert.That(reader.Closures, Is.Empty);
    });

    [Test, Fault(3)]
    public void LoserThatCarriesASubscription_IsClosedOnceThatHasMoved() => Scene.Run(async scene =>
    {
        var (read, closed, began) = await ReadOverTheLoserAsync(scene, groups: 70);
        Assert.That(read, Is.EqualTo(70), "to the end, a group every tenth of a second");
        Assert.That(closed - began, Is.LessThan(1.1), "a second for what may be on its way");
    });

    [Test, Fault(3)]
    public void SupersededConnection_IsClosedWhenItsSubscriptionEnds() => Scene.Run(async scene =>
    {
        var (read, closed, began) = await ReadOverTheLoserAsync(scene, groups: 2);
        Assert.That(read, Is.EqualTo(2), "to the end");
        Assert.That(closed - began, Is.LessThan(1.1));
    });

    [Test, Fault(4)]
    public void PeerComesInWhileItIsDialed_CallerGetsThatSessionAtOnce() => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var theirs = great.ConnectAsync(small);
        await scene.PauseAsync(2.5 * Scene.Latency);
        var before = scene.Seconds;
        var mine = await small.ConnectAsync(great);
        Assert.That(scene.Seconds - before, Is.EqualTo(Scene.Latency / 2).Within(0.0005), "a dial takes two latencies");
        Assert.That(mine.IsOutbound, Is.False);
        await theirs;
        await scene.PauseAsync(60);
        Assert.That(
            (small.Events, mine.Closed.IsCompleted), Is.EqualTo((new[] { "opens" }, false)), "what the dial brought is no second session");
    });

    [Test, Fault(4)]
    public void DialFailsAfterThePeerCameIn_SessionStays() => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var nowhere = new EndpointAddr(great.Id, new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.99.0.1"), 1));
        var waiting = small.Moq.ConnectAsync(nowhere);
        await great.ConnectAsync(small);
        var session = await waiting;
        await scene.PauseAsync(60);
        Assert.That((session.Closed.IsCompleted, small.Events), Is.EqualTo((false, new[] { "opens" })));
    });

    /// <summary>Reads on the connection of the greater id while the connection that the smaller id dials supersedes it.</summary>
    /// <returns>The number of groups that were read, and the times at which the connection closed and the other one had arrived.</returns>
    private static async Task<(int Read, double Closed, double Began)> ReadOverTheLoserAsync(Scene scene, int groups)
    {
        var (small, great) = scene.AddPair();
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = small.Moq.Publish("x", broadcast);
        var writing = WriteAsync();
        var connecting = great.ConnectAsync(small);
        await scene.PauseAsync(2.9 * Scene.Latency);
        var back = small.ConnectAsync(great);
        var session = await connecting;
        var loser = session.Connection;
        var studio = await session.SubscribeAsync("x");
        var read = 0;
        var reading = ReadAsync();
        await back;
        await scene.PauseAsync(3 * Scene.Latency);
        var began = scene.Seconds;
        Assert.That(session.Connection, Is.Not.SameAs(loser));
        // Only the session may await the end of its connection, so this method polls for it.
        while (!loser.Closed.IsCompleted)
            await scene.PauseAsync(0.01);
        var closed = scene.Seconds;
        await reading;
        await writing;
        Assert.That(session.Closed.IsCompleted, Is.False);
        Assert.That((small.Events, great.Events), Is.EqualTo((new[] { "opens" }, new[] { "opens" })));
        Assert.That(scene.Told($"{great.Endpoint.Name} c1 closed on this side with code 65600: superseded"), Is.EqualTo(1));
        return (read, closed, began);

        async Task WriteAsync()
        {
            await track.WaitForSubscriberAsync();
            for (var g = 0; g < groups; g++)
            {
                Scene.Say(track, "still here");
                await scene.PauseAsync(0.1);
            }

            track.Finish();
        }

        async Task ReadAsync()
        {
            await foreach (var group in studio.Track("t").ReadGroupsAsync())
            {
                using (group)
                    read++;
            }
        }
    }
}
