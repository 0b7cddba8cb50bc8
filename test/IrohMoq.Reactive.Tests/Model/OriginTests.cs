using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class OriginTests
{
    [Test]
    public void WaitThenAnnounced_GivesTheBroadcastToEveryWaiterOfThatNameAlone() => Run(static async (origin, runtime) =>
    {
        var waits = Enumerable.Range(0, 3).Select(_ => origin.WaitAsync("/room/alice/", default).AsTask()).ToArray();
        var others = new[] { "room", "room/alice/2", "room/alic" }.Select(name => origin.WaitAsync(name, default).AsTask()).ToArray();
        await Settle(runtime);
        using var alice = Broadcast(runtime).Consume();
        origin.Publish("room/alice", alice);
        await Settle(runtime);
        foreach (var wait in waits)
            Assert.That(await wait, Is.SameAs(alice));
        Assert.That(others.Select(static wait => wait.IsCompleted), Is.All.False);
    });

    [Test]
    public void AnnouncedThenWait_IsThereAtOnce() => Run(static (origin, runtime) =>
    {
        using var alice = Broadcast(runtime).Consume();
        origin.Publish("/room//alice", alice);
        var wait = origin.WaitAsync("room/alice", default);
        Assert.That(wait.IsCompletedSuccessfully, Is.True);
        Assert.That(origin.Consume().Find("room/alice/"), Is.SameAs(alice));
        Assert.That(origin.Consume().Names, Is.EqualTo(new BroadcastPath[] { "room/alice" }));
        return Task.CompletedTask;
    });

    [Test]
    public void BroadcastThatHasEnded_IsNeverGiven() => Run(static async (origin, runtime) =>
    {
        using var cursor = origin.OpenAnnouncements(default);
        var early = origin.WaitAsync("x", default).AsTask();
        await Settle(runtime);
        var dead = Broadcast(runtime);
        dead.Finish();
        origin.Publish("x", dead.Consume());
        var brief = Broadcast(runtime);
        origin.Publish("x", brief.Consume());
        brief.Finish();
        await Settle(runtime);
        Assert.That(
            (early.IsCompleted, origin.Consume().Find("x"), cursor.TryNext(out _)), Is.EqualTo((false, (BroadcastConsumer?)null, false)));
        var live = Broadcast(runtime).Consume();
        origin.Publish("x", live);
        Assert.That(await early, Is.SameAs(live));
    });

    [Test]
    public void TakeLive_GivesTheLiveBroadcastsTogetherAndTheirEndsLater() => Run(static (origin, runtime) =>
    {
        using var cursor = origin.OpenAnnouncements(default);
        origin.Publish("b", Broadcast(runtime).Consume());
        var a = origin.Publish("a", Broadcast(runtime).Consume());
        origin.Publish("gone", Broadcast(runtime).Consume()).Dispose();
        var live = cursor.TakeLive().Select(static one => $"{one.Path} {one.IsActive}");
        Assert.That(live, Is.EqualTo(new[] { "a True", "b True" }));
        Assert.That(cursor.TryNext(out _), Is.False);
        Assert.That(cursor.TakeLive, Throws.InvalidOperationException);
        a.Dispose();
        Assert.That(cursor.TryNext(out var end), Is.True);
        Assert.That($"{end.Path} {end.IsActive}", Is.EqualTo("a False"));
        return Task.CompletedTask;
    });

    [Test]
    public void Cursor_GetsTheLiveBroadcastsInOrderAndThenEveryChange() => Run(static async (origin, runtime) =>
    {
        var b = Broadcast(runtime);
        origin.Publish("b", b.Consume());
        var a = origin.Publish("a", Broadcast(runtime).Consume());
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "a+", "b+" }));
        a.Dispose();
        Assert.That(Told(cursor), Is.EqualTo(new[] { "a-" }));
        b.Finish();
        Assert.That(Told(cursor), Is.EqualTo(new[] { "b-" }));
        var waiting = cursor.WaitAsync(default).AsTask();
        await Settle(runtime);
        Assert.That(waiting.IsCompleted, Is.False);
        origin.Publish("c", Broadcast(runtime).Consume());
        Assert.That(await waiting, Is.True);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "c+" }));
    });

    [Test]
    public void CursorThatDidNotRead_GetsTheNetResult() => Run(static (origin, runtime) =>
    {
        var stays = origin.Publish("stays", Broadcast(runtime).Consume());
        var goes = origin.Publish("goes", Broadcast(runtime).Consume());
        using var old = Broadcast(runtime).Consume();
        origin.Publish("replaced", old);
        var returns = Broadcast(runtime).Consume();
        var away = origin.Publish("returns", returns);
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "goes+", "replaced+", "returns+", "stays+" }));

        goes.Dispose();
        origin.Publish("goes", Broadcast(runtime).Consume()).Dispose();
        for (var i = 0; i < 3; i++)
            origin.Publish("replaced", Broadcast(runtime).Consume());
        using var last = Broadcast(runtime).Consume();
        origin.Publish("replaced", last);
        away.Dispose();
        origin.Publish("returns", returns);
        origin.Publish("unseen", Broadcast(runtime).Consume()).Dispose();
        origin.Publish("fresh", Broadcast(runtime).Consume()).Dispose();
        origin.Publish("fresh", Broadcast(runtime).Consume());

        var changes = new List<Announcement>();
        while (cursor.TryNext(out var change))
            changes.Add(change);
        Assert.That(changes.Select(static change => Text(change)), Is.EqualTo(new[] { "fresh+", "goes-", "replaced-", "replaced+" }));
        Assert.That((changes[2].Broadcast, changes[3].Broadcast), Is.EqualTo((old, last)));
        stays.Dispose();
        return Task.CompletedTask;
    });

    [Test]
    public void ReplacementThatEndsBetweenItsTwoChanges_IsReportedAsTheEndAlone() => Run(static (origin, runtime) =>
    {
        origin.Publish("x", Broadcast(runtime).Consume());
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "x+" }));
        var second = origin.Publish("x", Broadcast(runtime).Consume());
        Assert.That(cursor.TryNext(out var ended) ? Text(ended) : "", Is.EqualTo("x-"));
        second.Dispose();
        Assert.That(Told(cursor), Is.Empty);
        return Task.CompletedTask;
    });

    [Test]
    public void NameThatIsPublishedAgain_IsReplaced_AndTheOldOneTakesNothingBack([Values] bool byItsEnd) => Run(async (origin, runtime) =>
    {
        var old = Broadcast(runtime);
        var first = origin.Publish("x", old.Consume());
        using var fresh = Broadcast(runtime).Consume();
        var second = origin.Publish("x", fresh);
        if (byItsEnd)
            old.Finish();
        else
            first.Dispose();
        await Settle(runtime);
        Assert.That(origin.Consume().Find("x"), Is.SameAs(fresh));
        second.Dispose();
        Assert.That(origin.Consume().Find("x"), Is.Null);
    });

    [Test]
    public void Prefix_TakesWholeSegments() => Run(static (origin, runtime) =>
    {
        foreach (var name in new[] { "room", "room/a", "room/b/c", "roommate", "other" })
            origin.Publish(name, Broadcast(runtime).Consume());
        using var cursor = origin.OpenAnnouncements("room/");
        Assert.That(Told(cursor), Is.EqualTo(new[] { "room+", "room/a+", "room/b/c+" }));
        origin.Publish("roommate", Broadcast(runtime).Consume());
        Assert.That(Told(cursor), Is.Empty);
        return Task.CompletedTask;
    });

    [Test]
    public void SetThatIsOver_EndsEverythingInItAndEveryWait() => Run(static async (origin, runtime) =>
    {
        var broadcast = Broadcast(runtime);
        origin.Publish("x", broadcast.Consume());
        var seen = new List<string>();
        var listening = ListenAsync();
        var waiting = origin.WaitAsync("y", default).AsTask();
        await Settle(runtime);
        origin.Close(static () => new MoqException(MoqErrorCode.Closed, "over"));
        origin.Close(static () => new MoqException(MoqErrorCode.Cancel, "again"));
        await listening;
        Assert.That(seen, Is.EqualTo(new[] { "x+", "x-" }));
        Assert.That((await VirtualWorld.FailureOf(waiting) as MoqException)?.Code, Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(
            (await VirtualWorld.FailureOf(origin.WaitAsync("x", default).AsTask()) as MoqException)?.Code, Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => origin.Publish("z", broadcast.Consume())), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(
            (origin.Consume().Names.Count, broadcast.Closed.IsCompleted), Is.EqualTo((0, false)), "the broadcast continues elsewhere");

        async Task ListenAsync()
        {
            await foreach (var change in origin.Consume().ReadAnnouncementsAsync())
                seen.Add(Text(change));
        }
    });

    private static void Run(Func<OriginProducer, Runtime, Task> body) =>
        VirtualWorld.Run(world => body(new OriginProducer(world.Runtime), world.Runtime));

    private static BroadcastProducer Broadcast(Runtime runtime) => new(runtime);

    private static ValueTask Settle(Runtime runtime) => runtime.DelayAsync(TimeSpan.FromMilliseconds(1));

    private static string Text(Announcement change) => $"{change.Path}{(change.IsActive ? "+" : "-")}";

    private static List<string> Told(AnnounceCursor cursor)
    {
        var told = new List<string>();
        while (cursor.TryNext(out var change))
            told.Add(Text(change));
        return told;
    }
}
