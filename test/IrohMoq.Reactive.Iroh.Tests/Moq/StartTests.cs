using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A late reader of a live track, over QUIC, begins with the right group and learns the number of groups that it has missed.
/// </summary>
public sealed class StartTests
{
    private const ulong Written = 10;
    private const ulong Later = 3;
    private const int Kept = 6;
    private const int Size = 1000;

    private static IEnumerable<TestCaseData> Starts()
    {
        foreach (var order in new[] { GroupOrder.Arrival, GroupOrder.Sequence })
        {
            yield return new TestCaseData(GroupStart.Latest, 9UL, order).SetArgDisplayNames("latest", $"{order}");
            yield return new TestCaseData(GroupStart.Oldest, 4UL, order).SetArgDisplayNames("oldest", $"{order}");
            yield return new TestCaseData(GroupStart.From(7), 7UL, order).SetArgDisplayNames("one that is kept", $"{order}");
            yield return new TestCaseData(GroupStart.From(2), 4UL, order).SetArgDisplayNames("one that is no longer kept", $"{order}");
            yield return new TestCaseData(GroupStart.From(11), 11UL, order).SetArgDisplayNames("one that is not there yet", $"{order}");
        }
    }

    [TestCaseSource(nameof(Starts))]
    [CancelAfter(20_000)]
    public async Task LateReader_BeginsAtItsStart_OrWithTheOldestCachedGroup(
        GroupStart start, ulong first, GroupOrder order, CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxCachedGroups = Kept });
        using var live = pair.Publisher.Publish("x", broadcast);
        await WriteAsync(track, Written, Size, ct);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        using var reader = remote.Track("t").Open(new SubscribeOptions { Order = order, Start = start });
        var next = reader.ReadGroupAsync(ct).AsTask();
        await track.WaitForSubscriberAsync(ct);
        // The earlier groups arrive before more are written, so that none is dropped on its way.
        var seen = new List<ulong>();
        for (var i = first; i < Written; i++)
            await TakeAsync();
        await WriteAsync(track, Later, Size, ct);
        track.Finish();
        while (await next is not null)
            await TakeAsync();
        var all = Enumerable.Range((int)first, (int)(Written + Later - first)).Select(static number => (ulong)number);
        Assert.That(seen, order == GroupOrder.Sequence ? Is.EqualTo(all) : Is.EquivalentTo(all));
        Assert.That(reader.Skipped, Is.Zero, "what was gone before it came was not missed");

        async Task TakeAsync()
        {
            var group = (await next)!;
            seen.Add(group.Sequence);
            if (order == GroupOrder.Sequence)
                Assert.That(group.Skipped, Is.Zero);
            await Payload.ReadAsync(group, Size, frames: 1, ct);
            next = reader.ReadGroupAsync(ct).AsTask();
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task GroupsThatALateReaderMisses_AreCountedFromItsStart(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order, CancellationToken ct)
    {
        const int large = 256 << 10;
        const ulong many = 60;
        await using var pair = await MoqPair.StartAsync(
            subscriber: new MoqOptions { Limits = SessionLimits.Default with { ReceivedShare = 1 << 20 } });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxCachedGroups = Kept });
        using var second = broadcast.CreateTrack("second");
        using var live = pair.Publisher.Publish("x", broadcast);
        await WriteAsync(track, Written, large, ct);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        using var reader = remote.Track("t").Open(new SubscribeOptions { Order = order, Start = GroupStart.From(2) });
        using var other = remote.Track("second").Open();
        var (next, tick) = (reader.ReadGroupAsync(ct).AsTask(), other.ReadGroupAsync(ct).AsTask());
        await second.WaitForSubscriberAsync(ct);
        var group = await next;
        // The reader stops while far more is written than both sides keep, in step with another reader.
        for (var i = 0UL; i < many; i++)
        {
            await WriteAsync(track, 1, large, ct);
            await WriteAsync(second, 1, Size, ct);
            await tick;
            tick = other.ReadGroupAsync(ct).AsTask();
        }

        track.Finish();
        var (read, skipped) = (0UL, 0L);
        for (; group is not null; group = await reader.ReadGroupAsync(ct))
        {
            read++;
            skipped += group.Skipped;
        }

        TestContext.Out.WriteLine($"{read} read, {skipped} reported, {reader.Skipped} in all");
        Assert.That(read + (ulong)reader.Skipped, Is.EqualTo(Written + many - 4), "group 4 was the oldest that was kept");
        // With the order of arrival, missing groups may still arrive for a second.
        Assert.That(skipped, order == GroupOrder.Sequence ? Is.EqualTo(reader.Skipped).And.Positive : Is.InRange(1, reader.Skipped));
    }

    private static async Task WriteAsync(TrackProducer track, ulong groups, int size, CancellationToken ct)
    {
        for (var i = 0UL; i < groups; i++)
            await Payload.WriteAsync(track, size, frames: 1, ct);
    }
}
