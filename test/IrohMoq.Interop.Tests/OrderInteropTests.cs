using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Groups that overtake one another, in both directions, and subscriptions that change.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class OrderInteropTests(string protocol)
{
    private const string Name = "live";
    private const string Track = "t";
    private static readonly ulong[] Overtaking = [2, 1, 3];

    [Test]
    [CancelAfter(60_000)]
    public async Task OurGroups_MayBeLateAndOutOfOrder(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack(Track);
        using var live = us.Moq.Publish(Name, broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = Name, track = Track, frames = true }, ct);
        await track.WaitForSubscriberAsync(ct);
        using var late = track.CreateGroup(0);
        late.Write(Pattern.Frame(Track, 0, 0, 5));
        await reader.ExpectAsync("frame", ct);
        foreach (var sequence in Overtaking)
        {
            using var group = track.CreateGroup(sequence);
            group.Write(Pattern.Frame(Track, sequence, 0, 7));
            group.Finish();
            var seen = await reader.ExpectAsync("group", ct);
            Assert.That((seen.Number("sequence"), seen.Number("frames"), seen.Flag("ok")), Is.EqualTo(((long)sequence, 1L, true)));
        }

        late.Write(Pattern.Frame(Track, 0, 1, 9));
        late.Finish();
        var last = await reader.ExpectAsync("group", ct);
        Assert.That((last.Number("sequence"), last.Number("frames"), last.Flag("ok")), Is.EqualTo((0L, 2L, true)));
        track.Finish();
        Assert.That((await reader.ExpectAsync("track_end", ct)).Number("groups"), Is.EqualTo(4));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task OurFrame_MayBeWrittenInPieces(CancellationToken ct)
    {
        const int Size = 200_000;
        await using var us = await MoqPeer.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack(Track);
        using var live = us.Moq.Publish(Name, broadcast);
        await using var reader = NodePeer.Start("reader", protocol);
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "subscribe", name = Name, track = Track }, ct);
        await track.WaitForSubscriberAsync(ct);
        using (var group = track.AppendGroup())
        {
            var bytes = Pattern.Frame(Track, 0, 0, Size);
            using var frame = group.BeginFrame(Size);
            for (var at = 0; at < Size; at += Size / 10)
                frame.Write(bytes.AsSpan(at, Size / 10));
            frame.Finish();
            group.Write(Pattern.Frame(Track, 0, 1, 9));
            group.Finish();
        }

        var seen = await reader.ExpectAsync("group", ct);
        Assert.That((seen.Number("frames"), seen.Flag("ok")), Is.EqualTo((2L, true)), "the peer has checked the bytes");
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheirGroups_MayBeLateAndOutOfOrder(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = Name, tracks = new { t = new { end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync(Name, ct);
        await using var arrivals = broadcast.Track(Track).ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var next = arrivals.MoveNextAsync();
        var inOrder = ReadAsync(broadcast, ct);
        await publisher.ExpectAsync("subscribed", ct);

        await WriteAsync(0, 5, isOpen: true);
        Assert.That(await next, Is.True);
        using var late = arrivals.Current.Keep();
        Assert.That(late.Sequence, Is.Zero);
        foreach (var sequence in Overtaking)
        {
            await WriteAsync(sequence, 7, isOpen: false);
            Assert.That(await arrivals.MoveNextAsync(), Is.True);
            Assert.That(arrivals.Current.Sequence, Is.EqualTo(sequence));
        }

        await publisher.SendAsync(new { cmd = "frames", name = Name, track = Track, sequence = 0, frames = new[] { 9 } }, ct);
        await publisher.SendAsync(new { cmd = "end_group", name = Name, track = Track, sequence = 0 }, ct);
        var sizes = new List<int>();
        await foreach (var frame in late.ReadFramesAsync(ct))
            sizes.Add(frame.Length);
        Assert.That(sizes, Is.EqualTo(new[] { 5, 9 }));
        await publisher.SendAsync(new { cmd = "end_track", name = Name, track = Track }, ct);
        Assert.That(await inOrder, Is.EqualTo(new ulong[] { 0, 1, 2, 3 }));

        Task<NodeEvent> WriteAsync(ulong sequence, int size, bool isOpen) => publisher.AskAsync(
            new { cmd = "group", name = Name, track = Track, sequence, frames = new[] { size }, open = isOpen }, "group_written", ct);
    }

    /// <summary>
    /// Up to moq-lite-04 the peer echoes the terms of the subscription instead of telling its own. Such a publisher is not sent updates:
    /// old ones end the session for them.
    /// </summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task ChangeOfOptions_ReachesTheNodePeer_IfItTellsItsOwnTerms(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await publisher.AskAsync(new { cmd = "publish", name = Name, tracks = new { t = new { end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        await using var broadcast = await session.SubscribeAsync(Name, ct);
        using var reader = broadcast.Track(Track).Open(new SubscribeOptions { Priority = 3 });
        var first = reader.ReadGroupAsync(ct);
        var subscribed = await publisher.ExpectAsync("subscribed", ct);
        await publisher.AskAsync(new { cmd = "group", name = Name, track = Track, frames = new[] { 7 } }, "group_written", ct);
        Assert.That(await first, Is.Not.Null);
        reader.Options = reader.Options with { Priority = 9, MaxLatency = TimeSpan.FromSeconds(2) };
        if (protocol == "moq-lite-05")
        {
            var updated = await publisher.ExpectAsync("updated", ct, e => e.Number("priority") == 9);
            Assert.That(updated.Number("latencyMax"), Is.EqualTo(2_000));
            return;
        }

        Assert.That(subscribed.Number("priority"), Is.EqualTo(3));
        var second = reader.ReadGroupAsync(ct);
        await publisher.AskAsync(new { cmd = "group", name = Name, track = Track, frames = new[] { 8 } }, "group_written", ct);
        Assert.That(await second, Is.Not.Null);
        Assert.That(publisher.Untaken("updated"), Is.Empty);
    }

    private static async Task<List<ulong>> ReadAsync(BroadcastConsumer broadcast, CancellationToken ct)
    {
        var seen = new List<ulong>();
        await foreach (var group in broadcast.Track(Track).ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Sequence }, ct))
        {
            seen.Add(group.Sequence);
            await foreach (var frame in group.ReadFramesAsync(ct))
                Assert.That(frame.Length, Is.Positive);
        }

        return seen;
    }
}
