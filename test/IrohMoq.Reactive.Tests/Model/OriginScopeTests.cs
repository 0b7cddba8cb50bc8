using IrohMoq.Reactive.Tests.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Readers and publishers that are limited to a part of an origin, by prefixes and by a root.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OriginScopeTests
{
    private static readonly string[] Live = ["a", "a/x", "a/x/y", "ab", "b/x", "c"];

    /// <summary>
    /// The steps are separated by spaces: prefixes, separated by commas, narrow the scope, and "@" precedes a root; "." is the path
    /// without segments.
    /// </summary>
    [TestCase(".", ".", "a a/x a/x/y ab b/x c")]
    [TestCase("a", "a", "a a/x a/x/y")]
    [TestCase("a/", "a", "a a/x a/x/y")]
    [TestCase("a,b", "a,b", "a a/x a/x/y b/x")]
    [TestCase("b,a,a/x,a,a/x/y", "a,b", "a a/x a/x/y b/x", Description = "overlapping and duplicate prefixes")]
    [TestCase("a,ab,a/x", "a,ab", "a a/x a/x/y ab")]
    [TestCase("a .", "a", "a a/x a/x/y", Description = "a wider prefix does not widen")]
    [TestCase("a/x a", "a/x", "a/x a/x/y")]
    [TestCase("a a/x", "a/x", "a/x a/x/y")]
    [TestCase("a,b b,c", "b", "b/x")]
    [TestCase("a/x,b a", "a/x", "a/x a/x/y")]
    [TestCase("a/x,b/x a,b", "a/x,b/x", "a/x a/x/y b/x")]
    [TestCase("@a", ".", ". x x/y")]
    [TestCase("@/a/", ".", ". x x/y", Description = "a root with a slash at its end")]
    [TestCase("@a @x", ".", ". y")]
    [TestCase("@a x", "x", "x x/y")]
    [TestCase("@a x .", "x", "x x/y")]
    [TestCase("a/x @a", "x", "x x/y")]
    [TestCase("a @a/x", ".", ". y")]
    [TestCase("a/x,b @a", "x", "x x/y")]
    [TestCase("@. c", "c", "c")]
    public void Scope_IsNarrowedOnly(string steps, string prefixes, string names) => Run(async (origin, runtime) =>
    {
        foreach (var name in Live)
            origin.Publish(name, new BroadcastProducer(runtime).Consume());
        var reader = Apply(origin.Consume(), steps);
        Assert.That(Text(reader.Prefixes, ','), Is.EqualTo(prefixes));
        Assert.That(Text(reader.Names, ' '), Is.EqualTo(names));
        using var cursor = reader.OpenAnnouncements(default, null, includeHidden: true);
        Assert.That(Text(Told(cursor), ' '), Is.EqualTo(names));
        foreach (var name in reader.Names)
        {
            var found = reader.Find(name);
            Assert.That(found, Is.Not.Null);
            Assert.That((await reader.WaitAsync(name), await reader.RequestAsync(name)), Is.EqualTo((found, found)));
        }

        var publisher = Apply(origin.Narrow(default(BroadcastPath)), steps);
        Assert.That(Text(publisher.Prefixes, ','), Is.EqualTo(prefixes));
        Assert.That(Text(publisher.Consume().Names, ' '), Is.EqualTo(names));
    });

    [TestCase("a b")]
    [TestCase("a ab")]
    [TestCase("a @b")]
    [TestCase("@a x @y")]
    [TestCase("a,b c,d")]
    public void ScopeWithoutNames_IsRefused(string steps) => Run((origin, _) =>
    {
        Assert.That(Steps.CodeOf(() => Apply(origin.Consume(), steps)), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(
            Steps.CodeOf(() => Apply(origin.Narrow(default(BroadcastPath)), steps)), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(() => origin.Consume().Narrow(), Throws.ArgumentException);
        Assert.That(() => origin.Narrow(), Throws.ArgumentException);
        return Task.CompletedTask;
    });

    [Test]
    public void NameOutsideOfTheScope_FailsAtOnce_AndIsNotFound() => Run(async (origin, runtime) =>
    {
        using var broadcast = new BroadcastProducer(runtime);
        origin.Publish("b", broadcast.Consume());
        origin.Publish("room/b", broadcast.Consume());
        var reader = origin.Consume().WithRoot("room").Narrow("a");
        Assert.That(reader.Find("b"), Is.Null);
        Assert.That(await CodeOfAsync(reader.WaitAsync("b")), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(await CodeOfAsync(reader.WaitAsync("ab")), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(await CodeOfAsync(reader.WaitAsync(default)), Is.EqualTo(MoqErrorCode.Unauthorized), "the scope is too narrow");
        Assert.That(await CodeOfAsync(reader.RequestAsync("b")), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(
            Steps.CodeOf(() => reader.OpenAnnouncements("b", null, includeHidden: true)), Is.EqualTo(MoqErrorCode.Unauthorized));
        var publisher = origin.WithRoot("room").Narrow("a");
        Assert.That(Steps.CodeOf(() => publisher.Publish("b", broadcast.Consume())), Is.EqualTo(MoqErrorCode.Unauthorized));
        Assert.That(origin.Names(), Has.Count.EqualTo(2));
    });

    [Test]
    public void RootAndName_HaveThirtyTwoSegmentsAtMost() => Run(async (origin, runtime) =>
    {
        using var broadcast = new BroadcastProducer(runtime);
        var root = new BroadcastPath(string.Join('/', Enumerable.Repeat("r", 31)));
        var publisher = origin.WithRoot(root);
        publisher.Publish("a", broadcast.Consume());
        Assert.That(() => publisher.Publish("a/b", broadcast.Consume()), Throws.ArgumentException);
        Assert.That(() => publisher.WithRoot("a/b"), Throws.ArgumentException);
        Assert.That(publisher.Consume().Find("a/b"), Is.Null);
        var waiting = publisher.Consume().WaitAsync("a/b").AsTask();
        Assert.That(waiting.IsFaulted && waiting.Exception.InnerException is ArgumentException, Is.True);
        Assert.That(await publisher.Consume().WaitAsync("a"), Is.Not.Null);
    });

    [Test]
    public void Publisher_JoinsTheRoot_AndListenersOfTheScopeSeeBeginAndEnd() => Run((origin, runtime) =>
    {
        var publisher = origin.WithRoot("room/");
        using var cursor = publisher.Consume().Narrow("a", "a/x").OpenAnnouncements(default, null, includeHidden: true);
        var published = publisher.Publish("a/x", new BroadcastProducer(runtime).Consume());
        publisher.Publish("b", new BroadcastProducer(runtime).Consume());
        Assert.That(Text(origin.Names(), ' '), Is.EqualTo("room/a/x room/b"));
        Assert.That(Text(Told(cursor), ' '), Is.EqualTo("a/x"));
        published.Dispose();
        Assert.That((cursor.TryNext(out var end), end.Path.ToString(), end.IsActive), Is.EqualTo((true, "a/x", false)));
        Assert.That(cursor.TryNext(out _), Is.False);
        return Task.CompletedTask;
    });

    [Test]
    public void OfferThatCoversTheScope_ServesRequestsOfItsNames() => Run(async (origin, runtime) =>
    {
        using var requests = origin.OpenBroadcastRequests("room");
        var request = origin.Consume().WithRoot("room/a").RequestAsync("x").AsTask();
        await foreach (var asked in requests.ReadAllAsync())
        {
            Assert.That(asked.Path.ToString(), Is.EqualTo("room/a/x"));
            asked.Accept(new BroadcastProducer(runtime));
            break;
        }

        Assert.That(await request, Is.Not.Null);
    });

    [Test]
    public void PublisherWithAScope_ServesRequestsBelowEachOfItsPrefixes_ByNamesWithoutTheRoot() => Run(static async (origin, runtime) =>
    {
        var publisher = origin.WithRoot("room").Narrow("a", "b");
        var requests = publisher.OpenBroadcastRequests();
        using var cursor = origin.OpenAnnouncements(default);
        Assert.That(Text(Told(cursor), ' '), Is.EqualTo("room/a room/b"));
        var reader = origin.Consume();
        // The prefixes take turns, however many requests one of them has.
        var first = new[] { "room/a/1", "room/a/2", "room/b/1" }.Select(name => reader.RequestAsync(name).AsTask()).ToArray();
        var asked = new List<PendingBroadcast>();
        await foreach (var request in requests.ReadAllAsync())
        {
            asked.Add(request);
            if (asked.Count == 3)
                break;
        }

        Assert.That(Text(asked.Select(static request => request.Path), ' '), Is.EqualTo("a/1 b/1 a/2"));
        var broadcast = new BroadcastProducer(runtime);
        asked[0].Accept(broadcast);
        asked[1].Reject(MoqErrorCode.Unauthorized);
        Assert.That((await first[0]).Producer, Is.SameAs(broadcast));
        Assert.That(() => asked[0].Accept(broadcast), Throws.TypeOf<MoqException>(), "it was answered");
        Assert.That(await CodeOfAnswerAsync(first[2]), Is.EqualTo(MoqErrorCode.Unauthorized));

        requests.Dispose();
        Assert.That(Told(cursor), Has.Count.EqualTo(2), "both prefixes are withdrawn");
        asked[2].Accept(broadcast);
        Assert.That((await first[1]).Producer, Is.SameAs(broadcast), "what was read can be answered");
    });

    [Test]
    public void RequestsOutsideOfTheScope_AreNotServed() => Run(static async (origin, runtime) =>
    {
        var publisher = origin.WithRoot("room").Narrow("a");
        Assert.That(Steps.CodeOf(() => publisher.OpenBroadcastRequests("b")), Is.EqualTo(MoqErrorCode.Unauthorized));
        using var deeper = publisher.OpenBroadcastRequests("a/x");
        using var wider = origin.OpenBroadcastRequests("room/a");
        using var stop = new CancellationTokenSource();
        var (inside, outside) = (origin.Consume().RequestAsync("room/a/x/1").AsTask(), origin.Consume().RequestAsync("room/a/y").AsTask());
        await foreach (var request in deeper.ReadAllAsync())
        {
            Assert.That(request.Path.ToString(), Is.EqualTo("a/x/1"));
            request.Accept(new BroadcastProducer(runtime));
            break;
        }

        await foreach (var request in wider.ReadAllAsync())
        {
            Assert.That(request.Path.ToString(), Is.EqualTo("room/a/y"));
            request.Reject();
            break;
        }

        Assert.That((await inside, await CodeOfAnswerAsync(outside)), Is.EqualTo((inside.Result, (MoqErrorCode?)MoqErrorCode.NotFound)));
    });

    private static async Task<MoqErrorCode?> CodeOfAnswerAsync(Task<BroadcastConsumer> request)
    {
        try
        {
            await request;
            return null;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }
    }

    private static OriginConsumer Apply(OriginConsumer reader, string steps) =>
        steps.Split(' ').Aggregate(
            reader, static (scope, step) => step[0] == '@' ? scope.WithRoot(Path(step[1..])) : scope.Narrow(Paths(step)));

    private static OriginPublisher Apply(OriginPublisher publisher, string steps) =>
        steps.Split(' ').Aggregate(
            publisher, static (scope, step) => step[0] == '@' ? scope.WithRoot(Path(step[1..])) : scope.Narrow(Paths(step)));

    private static BroadcastPath[] Paths(string text) => [.. text.Split(',').Select(Path)];

    private static BroadcastPath Path(string text) => text == "." ? default : new BroadcastPath(text);

    private static string Text(IEnumerable<BroadcastPath> paths, char separator) =>
        string.Join(separator, paths.Select(static path => path.IsEmpty ? "." : path.ToString()));

    private static List<BroadcastPath> Told(AnnounceCursor cursor)
    {
        var names = new List<BroadcastPath>();
        while (cursor.TryNext(out var next))
            names.Add(next.Path);
        return names;
    }

    private static async Task<MoqErrorCode?> CodeOfAsync(ValueTask<BroadcastConsumer> wait)
    {
        var task = wait.AsTask();
        Assert.That(task.IsCompleted, Is.True, "it fails at once");
        try
        {
            await task;
            return null;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }
    }

    private static void Run(Func<OriginProducer, Runtime, Task> body) =>
        VirtualWorld.Run(world => body(new OriginProducer(world.Runtime), world.Runtime));
}
