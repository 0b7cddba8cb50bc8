using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class OriginTests
{
    [Test]
    public void WaitThenAnnounced_GivesTheBroadcastToEveryWaiterOfThatNameAlone() => Run(static async (origin, turns) =>
    {
        var waits = Enumerable.Range(0, 3).Select(_ => origin.WaitAsync("/room/alice/", default).AsTask()).ToArray();
        var others = new[] { "room", "room/alice/2", "room/alic" }.Select(name => origin.WaitAsync(name, default).AsTask()).ToArray();
        await Settle(turns);
        using var alice = Broadcast(turns).Consume();
        origin.Publish("room/alice", alice);
        await Settle(turns);
        foreach (var wait in waits)
            Assert.That(await wait, Is.SameAs(alice));
        Assert.That(others.Select(static wait => wait.IsCompleted), Is.All.False);
    });

    [Test]
    public void AnnouncedThenWait_IsThereAtOnce() => Run(static (origin, turns) =>
    {
        using var alice = Broadcast(turns).Consume();
        origin.Publish("/room//alice", alice);
        var wait = origin.WaitAsync("room/alice", default);
        Assert.That(wait.IsCompletedSuccessfully, Is.True);
        Assert.That(origin.Consume().Find("room/alice/"), Is.SameAs(alice));
        Assert.That(origin.Consume().Names, Is.EqualTo(new BroadcastPath[] { "room/alice" }));
        return Task.CompletedTask;
    });

    [Test]
    public void BroadcastThatHasEnded_IsNeverGiven() => Run(static async (origin, turns) =>
    {
        using var cursor = origin.OpenAnnouncements(default);
        var early = origin.WaitAsync("x", default).AsTask();
        await Settle(turns);
        var dead = Broadcast(turns);
        dead.Finish();
        origin.Publish("x", dead.Consume());
        var brief = Broadcast(turns);
        origin.Publish("x", brief.Consume());
        brief.Finish();
        await Settle(turns);
        Assert.That((early.IsCompleted, origin.Consume().Find("x"), cursor.TryNext(out _)), Is.EqualTo((false, (BroadcastConsumer?)null, false)));
        var live = Broadcast(turns).Consume();
        origin.Publish("x", live);
        Assert.That(await early, Is.SameAs(live));
    });

    [Test]
    public void Cursor_IsToldWhatIsHereInOrderAndThenEveryChange() => Run(static async (origin, turns) =>
    {
        var b = Broadcast(turns);
        origin.Publish("b", b.Consume());
        var a = origin.Publish("a", Broadcast(turns).Consume());
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "a+", "b+" }));
        a.Dispose();
        Assert.That(Told(cursor), Is.EqualTo(new[] { "a-" }));
        b.Finish();
        Assert.That(Told(cursor), Is.EqualTo(new[] { "b-" }));
        var waiting = cursor.WaitAsync(default).AsTask();
        await Settle(turns);
        Assert.That(waiting.IsCompleted, Is.False);
        origin.Publish("c", Broadcast(turns).Consume());
        Assert.That(await waiting, Is.True);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "c+" }));
    });

    [Test]
    public void CursorThatWasAway_IsToldTheNetResult() => Run(static (origin, turns) =>
    {
        var stays = origin.Publish("stays", Broadcast(turns).Consume());
        var goes = origin.Publish("goes", Broadcast(turns).Consume());
        using var old = Broadcast(turns).Consume();
        origin.Publish("replaced", old);
        var returns = Broadcast(turns).Consume();
        var away = origin.Publish("returns", returns);
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "goes+", "replaced+", "returns+", "stays+" }));

        goes.Dispose();
        origin.Publish("goes", Broadcast(turns).Consume()).Dispose();
        for (var i = 0; i < 3; i++)
            origin.Publish("replaced", Broadcast(turns).Consume());
        using var last = Broadcast(turns).Consume();
        origin.Publish("replaced", last);
        away.Dispose();
        origin.Publish("returns", returns);
        origin.Publish("unseen", Broadcast(turns).Consume()).Dispose();
        origin.Publish("fresh", Broadcast(turns).Consume()).Dispose();
        origin.Publish("fresh", Broadcast(turns).Consume());

        var changes = new List<Announcement>();
        while (cursor.TryNext(out var change))
            changes.Add(change);
        Assert.That(changes.Select(static change => Text(change)), Is.EqualTo(new[] { "fresh+", "goes-", "replaced-", "replaced+" }));
        Assert.That((changes[2].Broadcast, changes[3].Broadcast), Is.EqualTo((old, last)));
        stays.Dispose();
        return Task.CompletedTask;
    });

    [Test]
    public void ReplacementThatEndsBetweenItsTwoChanges_IsToldAsTheEndAlone() => Run(static (origin, turns) =>
    {
        origin.Publish("x", Broadcast(turns).Consume());
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Told(cursor), Is.EqualTo(new[] { "x+" }));
        var second = origin.Publish("x", Broadcast(turns).Consume());
        Assert.That(cursor.TryNext(out var ended) ? Text(ended) : "", Is.EqualTo("x-"));
        second.Dispose();
        Assert.That(Told(cursor), Is.Empty);
        return Task.CompletedTask;
    });

    [Test]
    public void NameThatIsPublishedAgain_IsReplaced_AndTheOldOneTakesNothingBack([Values] bool byItsEnd) => Run(async (origin, turns) =>
    {
        var old = Broadcast(turns);
        var first = origin.Publish("x", old.Consume());
        using var fresh = Broadcast(turns).Consume();
        var second = origin.Publish("x", fresh);
        if (byItsEnd)
            old.Finish();
        else
            first.Dispose();
        await Settle(turns);
        Assert.That(origin.Consume().Find("x"), Is.SameAs(fresh));
        second.Dispose();
        Assert.That(origin.Consume().Find("x"), Is.Null);
    });

    [Test]
    public void Prefix_TakesWholeSegments() => Run(static (origin, turns) =>
    {
        foreach (var name in new[] { "room", "room/a", "room/b/c", "roommate", "other" })
            origin.Publish(name, Broadcast(turns).Consume());
        using var cursor = origin.OpenAnnouncements("room/");
        Assert.That(Told(cursor), Is.EqualTo(new[] { "room+", "room/a+", "room/b/c+" }));
        origin.Publish("roommate", Broadcast(turns).Consume());
        Assert.That(Told(cursor), Is.Empty);
        return Task.CompletedTask;
    });

    [Test]
    public void SetThatIsOver_EndsEverythingInItAndEveryWait() => Run(static async (origin, turns) =>
    {
        var broadcast = Broadcast(turns);
        origin.Publish("x", broadcast.Consume());
        var seen = new List<string>();
        var listening = ListenAsync();
        var waiting = origin.WaitAsync("y", default).AsTask();
        await Settle(turns);
        origin.Close(static () => new MoqException(MoqErrorCode.Closed, "over"));
        origin.Close(static () => new MoqException(MoqErrorCode.Cancel, "again"));
        await listening;
        Assert.That(seen, Is.EqualTo(new[] { "x+", "x-" }));
        Assert.That((await VirtualWorld.FailureOf(waiting) as MoqException)?.Code, Is.EqualTo(MoqErrorCode.Closed));
        Assert.That((await VirtualWorld.FailureOf(origin.WaitAsync("x", default).AsTask()) as MoqException)?.Code, Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => origin.Publish("z", broadcast.Consume())), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That((origin.Consume().Names.Count, broadcast.Closed.IsCompleted), Is.EqualTo((0, false)), "the broadcast itself goes on elsewhere");

        async Task ListenAsync()
        {
            await foreach (var change in origin.Consume().AnnouncementsAsync())
                seen.Add(Text(change));
        }
    });

    private static void Run(Func<OriginProducer, Turns, Task> body) => VirtualWorld.Run(world => body(new OriginProducer(world.Turns), world.Turns));

    private static BroadcastProducer Broadcast(Turns turns) => new(turns);

    private static ValueTask Settle(Turns turns) => turns.DelayAsync(TimeSpan.FromMilliseconds(1));

    private static string Text(Announcement change) => $"{change.Path}{(change.IsActive ? "+" : "-")}";

    private static List<string> Told(AnnounceCursor cursor)
    {
        var told = new List<string>();
        while (cursor.TryNext(out var change))
            told.Add(Text(change));
        return told;
    }
}
