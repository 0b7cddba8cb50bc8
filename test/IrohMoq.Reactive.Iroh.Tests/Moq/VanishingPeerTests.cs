using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A peer vanishes in the middle of a group: complete groups are read, then the reader fails, and all memory is released by the idle
/// timeout.
/// </summary>
[NonParallelizable]
public class VanishingPeerTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(30_000)]
    public async Task PublisherThatVanishesMidGroup_LeavesWholeFrames_ThenTheTimeout_AndNoMemory(CancellationToken ct)
    {
        var before = BlockPool.Shared.BytesOut;
        await using (var pair = await MoqPair.StartAsync(options => options with { IdleTimeout = Idle, KeepAlive = Idle / 4 }))
        {
            using var broadcast = new BroadcastProducer();
            using var track = broadcast.CreateTrack("t");
            using var live = pair.Publisher.Publish("live", broadcast);
            var session = await pair.ConnectAsync(ct);
            await using var remote = await session.SubscribeAsync("live", ct);
            await using var groups = remote.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
            var next = groups.MoveNextAsync();
            await track.WaitForSubscriberAsync(ct);
            using var group = track.AppendGroup();
            group.Write(new byte[] { 1 });
            Assert.That(await next, Is.True);
            await using var frames = groups.Current.ReadFramesAsync(ct).GetAsyncEnumerator(ct);
            Assert.That(await frames.MoveNextAsync(), Is.True);
            Assert.That(frames.Current.ToArray(), Is.EqualTo(new byte[] { 1 }));

            // A large frame, the end of which never arrives.
            var opened = BlockPool.Shared.BytesOut;
            var blocked = frames.MoveNextAsync();
            pair.Relay.Cut();
            group.Write(new byte[4 << 20]);
            Assert.That(BlockPool.Shared.BytesOut, Is.GreaterThan(opened));

            var cut = await Assert.ThrowsAsync<MoqStreamException>(async () => await blocked);
            Assert.That(cut!.Code, Is.EqualTo(MoqErrorCode.Timeout));
            var ended = await Assert.ThrowsAsync<MoqSessionClosedException>(async () => await groups.MoveNextAsync());
            Assert.That((ended!.Code, ended.IsRemote), Is.EqualTo((MoqErrorCode.Timeout, false)));
            Assert.That((await session.Closed.WaitAsync(ct)).Cause, Is.EqualTo(SessionEndCause.TimedOut));
            await track.WaitForNoSubscriberAsync(ct);
        }

        Assert.That(BlockPool.Shared.BytesOut, Is.EqualTo(before));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task SubscriberThatVanishes_TimesOut_AndALosslessWriterContinues(CancellationToken ct)
    {
        var before = BlockPool.Shared.BytesOut;
        await using (var pair = await MoqPair.StartAsync(options => options with { IdleTimeout = Idle, KeepAlive = Idle / 4 }))
        {
            using var broadcast = new BroadcastProducer();
            using var track = broadcast.CreateTrack(
                "t", new TrackOptions { Lossless = true, DropsWithoutReaders = true, MaxCachedBytes = 1 << 20 });
            using var live = pair.Publisher.Publish("live", broadcast);
            var session = await pair.ConnectAsync(ct);
            await using var remote = await session.SubscribeAsync("live", ct);
            await using var groups = remote.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
            var next = groups.MoveNextAsync();
            await track.WaitForSubscriberAsync(ct);
            pair.Relay.Cut();

            // The writer writes far more than the cache and the windows hold: this succeeds only when the writer no longer waits for the
            // subscriber.
            for (var i = 0; i < 64; i++)
            {
                using var group = await track.AppendGroupAsync(ct);
                await group.WriteAsync(new byte[1 << 20], ct);
                group.Finish();
            }

            Assert.That(track.SubscriberCount, Is.Zero);
            await Assert.ThrowsAsync<MoqSessionClosedException>(async () => await next);
        }

        Assert.That(BlockPool.Shared.BytesOut, Is.EqualTo(before));
    }
}
