namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A subscriber that stops reading a live track misses groups and learns how many, the memory of the publisher stays bounded, and other
/// subscribers are not affected.
/// </summary>
[NonParallelizable]
public class SlowSubscriberTests
{
    private const int Groups = 300;
    private const int GroupSize = 200_000;

    [Test]
    [CancelAfter(60_000)]
    public async Task SubscriberThatStopsReading_MissesGroups_AndNoOtherDoes(CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync(options => options with { ConnectionWindow = 1_250_000 });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxCachedBytes = 2 << 20 });
        using var live = pair.Publisher.Publish("live", broadcast);
        var session = await pair.ConnectAsync(ct);
        await using var remote = await session.SubscribeAsync("live", ct);
        await using var stalled = remote.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var first = stalled.MoveNextAsync();
        await using var other = await MoqPair.StartAsync();
        var otherSession = await other.Subscriber.ConnectAsync(pair.Address, ct);
        await using var otherRemote = await otherSession.SubscribeAsync("live", ct);
        await using var reading = otherRemote.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var next = reading.MoveNextAsync();
        while (track.SubscriberCount < 2)
            await Task.Yield();

        var most = 0L;
        for (var i = 0; i < Groups; i++)
        {
            using (var group = track.AppendGroup())
            {
                group.Write(new byte[GroupSize]);
                group.Finish();
            }

            // The writer is in step with the other reader, which must not miss a group because of the stopped one.
            Assert.That(await next, Is.True);
            Assert.That(reading.Current.Sequence, Is.EqualTo((ulong)i));
            await foreach (var frame in reading.Current.ReadFramesAsync(ct))
                Assert.That(frame.Length, Is.EqualTo(GroupSize));
            next = reading.MoveNextAsync();
            most = Math.Max(most, track.CachedBytes);
        }

        Assert.That(most, Is.LessThanOrEqualTo((2 << 20) + GroupSize), "the cache is bounded for any reader");
        track.Finish();
        Assert.That(await next, Is.False);

        // The stopped reader continues: its groups are whole or aborted, the newest is among them, and it has missed some.
        Assert.That(await first, Is.True);
        var whole = new List<ulong>();
        do
        {
            try
            {
                await foreach (var frame in stalled.Current.ReadFramesAsync(ct))
                    Assert.That(frame.Length, Is.EqualTo(GroupSize));
                whole.Add(stalled.Current.Sequence);
            }
            catch (MoqStreamException broken)
            {
                Assert.That(broken.Code, Is.EqualTo(MoqErrorCode.Evicted));
            }
        }
        while (await stalled.MoveNextAsync());

        Assert.That(whole, Does.Contain((ulong)Groups - 1));
        Assert.That(whole, Has.Count.LessThan(Groups / 2));
        Assert.That(session.Closed.IsCompleted, Is.False);
    }
}
