using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>How changes of one name are combined for a listener that has not read them, and which names it is shown.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OriginAnnouncementTests
{
    /// <summary>
    /// The text has a letter for each change: + a broadcast begins, - it ends, r the listener reads. The changes that are read are joined,
    /// with the number of the broadcast.
    /// </summary>
    [TestCase("+-r", "")]
    [TestCase("+-+r", "1+")]
    [TestCase("+r-r", "0+ 0-")]
    [TestCase("+r-+r", "0+ 0- 1+")]
    [TestCase("+r-+-r", "0+ 0-")]
    [TestCase("+r-+-+-+r", "0+ 0- 3+")]
    [TestCase("+r-r+r-r", "0+ 0- 1+ 1-")]
    public void ChangesThatWereNotRead_AreCombined(string changes, string expected) => Run((origin, runtime) =>
    {
        using var cursor = origin.OpenAnnouncements(default);
        var broadcasts = new List<BroadcastConsumer>();
        IDisposable? live = null;
        var told = new List<string>();
        foreach (var change in changes)
        {
            switch (change)
            {
                case '+':
                    broadcasts.Add(new BroadcastProducer(runtime).Consume());
                    live = origin.Publish("x", broadcasts[^1]);
                    break;
                case '-':
                    live!.Dispose();
                    break;
                default:
                    while (cursor.TryNext(out var next))
                        told.Add($"{broadcasts.IndexOf(next.Broadcast)}{(next.IsActive ? '+' : '-')}");
                    break;
            }
        }

        Assert.That(string.Join(' ', told), Is.EqualTo(expected));
    });

    [Test]
    public void ManyAnnouncements_AreThereAtOnce_AndInOrder([Values] bool isLate) => Run((origin, runtime) =>
    {
        const int Many = 1000;
        using var early = isLate ? null : origin.OpenAnnouncements(default);
        var names = Enumerable.Range(0, Many).Select(static number => new BroadcastPath($"b/{number:0000}")).ToArray();
        foreach (var name in names.Reverse())
            origin.Publish(name, new BroadcastProducer(runtime).Consume());
        using var cursor = early ?? origin.OpenAnnouncements(default);
        var told = new List<BroadcastPath>();
        while (cursor.TryNext(out var next))
            told.Add(next.Path);
        Assert.That(told, Is.EqualTo(names));
    });

    [Test]
    public void BroadcastThatIsPublishedTwice_IsAnnouncedOnce_AndEndsWithTheSecondRegistration() => Run((origin, runtime) =>
    {
        using var cursor = origin.OpenAnnouncements(default);
        var broadcast = new BroadcastProducer(runtime).Consume();
        var first = origin.Publish("x", broadcast);
        Assert.That(Names(cursor), Is.EqualTo(new[] { "x" }));
        var second = origin.Publish("x", broadcast);
        first.Dispose();
        Assert.That((Names(cursor).Count, origin.Consume().Find("x")), Is.EqualTo((0, broadcast)));
        second.Dispose();
        Assert.That((Names(cursor).Count, origin.Consume().Find("x")), Is.EqualTo((1, (BroadcastConsumer?)null)));
    });

    [Test]
    public void HiddenNames_AreShownOnlyWhenAskedFor() => Run((origin, runtime) =>
    {
        foreach (var name in new[] { ".stats", "room/.meta", "room/.meta/x", "room/a.b", "room/a", "dot." })
            origin.Publish(name, new BroadcastProducer(runtime).Consume());
        using var shown = origin.OpenAnnouncements(default, includeHidden: false);
        Assert.That(Names(shown), Is.EqualTo(new[] { "dot.", "room/a", "room/a.b" }));
        using var all = origin.OpenAnnouncements(default);
        Assert.That(Names(all), Has.Count.EqualTo(6));
        using var room = origin.OpenAnnouncements("room", includeHidden: false);
        Assert.That(Names(room), Is.EqualTo(new[] { "room/a", "room/a.b" }));
        using var named = origin.OpenAnnouncements("room/.meta", includeHidden: false);
        Assert.That(Names(named), Is.EqualTo(new[] { "room/.meta", "room/.meta/x" }), "the prefix names what is hidden");
        origin.Publish("room/.later", new BroadcastProducer(runtime).Consume());
        Assert.That(Names(room), Is.Empty);
        Assert.That(origin.Consume().Find(".stats"), Is.Not.Null, "by its name it is found");
    });

    [Test]
    public void HiddenNames_AreLeftOutOfTheStreams_UnlessAskedFor() => VirtualWorld.Run(async world =>
    {
        var origin = new OriginProducer(world.Runtime);
        foreach (var name in new[] { ".a", "b" })
            origin.Publish(name, new BroadcastProducer(world.Runtime).Consume());
        var consumer = origin.Consume();
        var reading = (ReadAsync(consumer.ReadAnnouncementsAsync()), ReadAsync(consumer.ReadAnnouncementsAsync(default, true)));
        origin.Close(static () => new MoqException(MoqErrorCode.Closed, "over"));
        Assert.That((await reading.Item1, await reading.Item2), Is.EqualTo(("b b", ".a b .a b")));
    });

    private static void Run(Action<OriginProducer, Runtime> body) => VirtualWorld.Run(world =>
    {
        body(new OriginProducer(world.Runtime), world.Runtime);
        return Task.CompletedTask;
    });

    private static async Task<string> ReadAsync(IAsyncEnumerable<Announcement> announcements)
    {
        var names = new List<string>();
        await foreach (var announcement in announcements)
            names.Add($"{announcement.Path}");
        return string.Join(' ', names);
    }

    private static List<string> Names(AnnounceCursor cursor)
    {
        var names = new List<string>();
        while (cursor.TryNext(out var next))
            names.Add($"{next.Path}");
        return names;
    }
}
