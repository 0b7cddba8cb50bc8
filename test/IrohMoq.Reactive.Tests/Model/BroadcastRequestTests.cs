using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Broadcasts that are created when a subscriber requests them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BroadcastRequestTests
{
    [Test]
    public void WithoutAReaderOfRequests_NothingIsProvided() => Run(static async (origin, runtime) =>
    {
        Assert.That(await origin.TryRequestAsync("room/a", null, default), Is.Null);
        origin.OpenBroadcastRequests("room").Dispose();
        Assert.That(await origin.TryRequestAsync("room/a", null, default), Is.Null);
        using var other = origin.OpenBroadcastRequests("room/b");
        Assert.That(await origin.TryRequestAsync("room/a", null, default), Is.Null);
    });

    [Test]
    public void UnknownName_IsRequestedOnce_AndEveryWaiterAndLaterSubscriberGetsTheBroadcast() => Run(static async (origin, runtime) =>
    {
        using var requests = origin.OpenBroadcastRequests("room");
        var waits = Enumerable.Range(0, 3).Select(_ => Ask(origin, "room/a")).ToArray();
        var asked = await NextAsync(requests);
        Assert.That(asked.Path, Is.EqualTo(new BroadcastPath("room/a")));
        var more = NextAsync(requests);
        using var broadcast = new BroadcastProducer(runtime);
        asked.Accept(broadcast);
        Assert.That(Steps.CodeOf(() => asked.Accept(broadcast)), Is.EqualTo(MoqErrorCode.Duplicate));
        asked.Reject();
        foreach (var wait in waits)
            Assert.That((await wait)?.Producer, Is.SameAs(broadcast));
        Assert.That((await Ask(origin, "room/a"))?.Producer, Is.SameAs(broadcast));
        await Settle(runtime);
        Assert.That((more.IsCompleted, origin.Names().Count), Is.EqualTo((false, 0)), "asked for once, and not announced");
        broadcast.Finish();
        _ = Ask(origin, "room/a");
        Assert.That((await more).Path, Is.EqualTo(new BroadcastPath("room/a")), "the broadcast has ended");
    });

    [Test]
    public void Refusal_IsNotCached() => Run(static async (origin, runtime) =>
    {
        using var requests = origin.OpenBroadcastRequests();
        var first = Ask(origin, "a");
        (await NextAsync(requests)).Reject(MoqErrorCode.Unauthorized);
        Assert.That(await CodeOfAsync(first), Is.EqualTo(MoqErrorCode.Unauthorized));
        var second = Ask(origin, "a");
        (await NextAsync(requests)).Reject();
        Assert.That(await CodeOfAsync(second), Is.EqualTo(MoqErrorCode.NotFound));
    });

    [Test]
    public void PublishedBroadcast_WinsOverARequest_AndTheLongestPrefixIsAsked() => Run(static async (origin, runtime) =>
    {
        using var all = origin.OpenBroadcastRequests();
        using var room = origin.OpenBroadcastRequests("room");
        using var published = new BroadcastProducer(runtime);
        origin.Publish("room/live", published.Consume());
        Assert.That((await Ask(origin, "room/live"))?.Producer, Is.SameAs(published));
        _ = Ask(origin, "room/a/b");
        _ = Ask(origin, "roommate");
        _ = Ask(origin, "room");
        Assert.That(((await NextAsync(room)).Path.ToString(), (await NextAsync(room)).Path.ToString()), Is.EqualTo(("room/a/b", "room")));
        Assert.That((await NextAsync(all)).Path.ToString(), Is.EqualTo("roommate"));
    });

    [Test]
    public void LastReaderOfRequests_RefusesWhatNobodyHasRead_AndWithdrawsThePrefix() => Run(static async (origin, runtime) =>
    {
        var first = origin.OpenBroadcastRequests("room");
        var second = origin.OpenBroadcastRequests("room");
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That((cursor.TryNext(out var told), told.Path.ToString(), told.Broadcast.Route.IsPrefix), Is.EqualTo((true, "room", true)));
        var read = Ask(origin, "room/read");
        var asked = await NextAsync(first);
        var unread = Ask(origin, "room/unread");
        first.Dispose();
        await Settle(runtime);
        Assert.That((unread.IsCompleted, cursor.TryNext(out _)), Is.EqualTo((false, false)));
        second.Dispose();
        second.Dispose();
        Assert.That(await CodeOfAsync(unread), Is.EqualTo(MoqErrorCode.Cancel));
        Assert.That((cursor.TryNext(out told), told.IsActive), Is.EqualTo((true, false)));
        using var broadcast = new BroadcastProducer(runtime);
        asked.Accept(broadcast.Consume());
        Assert.That((await read)?.Producer, Is.SameAs(broadcast));
        using var again = origin.OpenBroadcastRequests("room");
        _ = Ask(origin, "room/later");
        Assert.That((await NextAsync(again)).Path.ToString(), Is.EqualTo("room/later"));
    });

    [Test]
    public void RequestThatNobodyWaitsForAnyMore_IsNotRead() => Run(static async (origin, runtime) =>
    {
        using var requests = origin.OpenBroadcastRequests();
        using var stop = new CancellationTokenSource();
        var gone = origin.TryRequestAsync("gone", null, stop.Token).AsTask();
        stop.Cancel();
        Assert.That(await VirtualWorld.FailureOf(gone), Is.InstanceOf<OperationCanceledException>());
        _ = Ask(origin, "wanted");
        Assert.That((await NextAsync(requests)).Path.ToString(), Is.EqualTo("wanted"));
    });

    /// <summary>Connections of one peer are one requester; those of peers without an id may belong to different peers.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Requests_AreCountedForEachConnectionOfAPeerWithoutAnId(bool hasId) => Run(async (origin, runtime) =>
    {
        byte[] id = hasId ? [1] : [];
        var (one, other) = (new Requester(id), new Requester(id.ToArray()));
        using var requests = origin.OpenBroadcastRequests();
        for (var i = 0; i < RequestQueue<PendingBroadcast>.MaxPerPeer; i++)
            _ = origin.TryRequestAsync($"{i}", one, default).AsTask();
        var more = origin.TryRequestAsync("more", other, default).AsTask();
        await Settle(runtime);
        Assert.That(more.IsCompleted, Is.EqualTo(hasId));
        if (hasId)
            Assert.That(await CodeOfAsync(more), Is.EqualTo(MoqErrorCode.NoCapacity));
        Assert.That(await CodeOfAsync(origin.TryRequestAsync("last", one, default).AsTask()), Is.EqualTo(MoqErrorCode.NoCapacity));
    });

    [Test]
    public void Requests_AreLimitedForEachPeer() => Run(static async (origin, runtime) =>
    {
        var mallory = new Requester(new byte[] { 1 });
        using var requests = origin.OpenBroadcastRequests();
        for (var i = 0; i < RequestQueue<PendingBroadcast>.MaxPerPeer; i++)
            _ = origin.TryRequestAsync($"{i}", mallory, default).AsTask();
        Assert.That(
            await CodeOfAsync(origin.TryRequestAsync("more", mallory, default).AsTask()), Is.EqualTo(MoqErrorCode.NoCapacity));
        _ = origin.TryRequestAsync("more", new Requester(new byte[] { 2 }), default).AsTask();
        (await NextAsync(requests)).Reject();
        var last = origin.TryRequestAsync("last", mallory, default).AsTask();
        await Settle(runtime);
        Assert.That(last.IsCompleted, Is.False);
    });

    [Test]
    public void AcceptedBroadcastsWithoutReaders_AreForgottenWhenThereAreMany() => Run(static async (origin, runtime) =>
    {
        var ended = false;
        var offer = new BroadcastRequests(runtime, () => ended = true);
        var requests = offer.Open();
        using var used = new BroadcastProducer(runtime);
        using var track = used.CreateTrack("t");
        using var reader = track.OpenCursor();
        await AcceptAsync("used", used);
        for (var i = 0; i < BroadcastRequests.MaxIdle; i++)
            await AcceptAsync($"{i}", new BroadcastProducer(runtime));
        Assert.That(offer.AcceptedCount, Is.EqualTo(2), "the one in use, and the last");
        Assert.That((await offer.RequestAsync("used", null, default)).Producer, Is.SameAs(used));
        requests.Dispose();
        Assert.That(ended, Is.True);

        async Task AcceptAsync(string name, BroadcastProducer broadcast)
        {
            var asking = offer.RequestAsync(name, null, default);
            (await NextAsync(requests)).Accept(broadcast);
            await asking;
        }
    });

    [Test]
    public void NamesWithOneBroadcast_AreKeptUpToALimit_AndLeaveNothingBehind() => Run(static async (origin, runtime) =>
    {
        var offer = new BroadcastRequests(runtime, static () => { });
        using var requests = offer.Open();
        using var shared = new BroadcastProducer(runtime);
        var track = shared.CreateTrack("t");
        var reader = track.OpenCursor();
        for (var i = 0; i <= BroadcastRequests.MaxAccepted; i++)
            Assert.That((await AcceptAsync($"{i}")).Producer, Is.SameAs(shared));
        Assert.That(
            (offer.AcceptedCount, shared.ListenerCount), Is.EqualTo((BroadcastRequests.MaxAccepted, BroadcastRequests.MaxAccepted)));
        reader.Dispose();
        await AcceptAsync("last");
        Assert.That((offer.AcceptedCount, shared.ListenerCount), Is.EqualTo((1, 1)));
        shared.Finish();
        Assert.That(offer.AcceptedCount, Is.Zero);

        async Task<BroadcastConsumer> AcceptAsync(string name)
        {
            var asking = offer.RequestAsync(name, null, default);
            (await NextAsync(requests)).Accept(shared);
            return await asking;
        }
    });

    [Test]
    public void EndOfTheSet_EndsTheRequestsAndTheWaits() => Run(static async (origin, runtime) =>
    {
        var waiting = origin.RequestAsync("a", default).AsTask();
        await Settle(runtime);
        origin.Close(static () => new MoqException(MoqErrorCode.Closed, "over"));
        Assert.That(await CodeOfAsync(waiting), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => origin.OpenBroadcastRequests()), Is.EqualTo(MoqErrorCode.Closed));
    });

    [Test]
    public void WaitForARoute_EndsWhenAPrefixOfTheNameIsOffered() => Run(static async (origin, runtime) =>
    {
        var waiting = origin.Consume().RequestAsync("room/a/b").AsTask();
        using var other = origin.OpenBroadcastRequests("roommate");
        using var longer = origin.OpenBroadcastRequests("room/a/b/c");
        await Settle(runtime);
        Assert.That(waiting.IsCompleted, Is.False);
        using var requests = origin.OpenBroadcastRequests("room");
        using var broadcast = new BroadcastProducer(runtime);
        (await NextAsync(requests)).Accept(broadcast);
        Assert.That((await waiting).Producer, Is.SameAs(broadcast));
    });

    private static void Run(Func<OriginProducer, Runtime, Task> body) =>
        VirtualWorld.Run(world => body(new OriginProducer(world.Runtime), world.Runtime));

    private static Task<BroadcastConsumer?> Ask(OriginProducer origin, BroadcastPath path) =>
        origin.TryRequestAsync(path, null, default).AsTask();

    private static ValueTask Settle(Runtime runtime) => runtime.DelayAsync(TimeSpan.FromMilliseconds(1));

    private static async Task<PendingBroadcast> NextAsync(RequestReader<PendingBroadcast> requests)
    {
        await foreach (var request in requests.ReadAllAsync())
            return request;
        throw new InvalidOperationException("There is no further request.");
    }

    private static async Task<MoqErrorCode?> CodeOfAsync(Task task) => (await VirtualWorld.FailureOf(task) as MoqException)?.Code;
}
