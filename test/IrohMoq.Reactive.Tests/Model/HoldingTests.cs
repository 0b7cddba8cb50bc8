using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>What small groups cost, and when a reader gives a group back.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HoldingTests
{
    [Test]
    public void SmallGroups_HoldNoMoreThanTheirBound([Values(0, 1, 100)] int bytes, [Values(1, 4)] int frames) => Studio.Run(studio =>
    {
        const int Bound = 64 << 10;
        using var track = studio.Track(new TrackOptions { MaxCachedBytes = Bound, MaxCachedGroups = int.MaxValue });
        for (var i = 0; i < 10_000; i++)
        {
            using var group = track.AppendGroup();
            for (var f = 0; f < frames; f++)
                group.Write(new byte[bytes]);
            group.Finish();
            Assert.That(studio.Pool.BytesOut, Is.LessThanOrEqualTo(Bound));
        }
    });

    [Test]
    public void GroupOfAHundredBytes_TakesAtMostTwoKilobytes() => Studio.Run(static studio =>
    {
        const int Groups = 10_000;
        using var track = studio.Track(new TrackOptions { MaxCachedBytes = long.MaxValue, MaxCachedGroups = int.MaxValue });
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Groups; i++)
            track.Put(100);
        Assert.That(
            (GC.GetAllocatedBytesForCurrentThread() - before) / Groups,
            Is.LessThan(2_000),
            "all that was allocated, whether it is held or not");
    });

    [Test]
    public void ReaderThatIsCutOff_StillSeesTheFrameInItsHands() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions
        {
            Lossless = true,
            DropsWithoutReaders = true,
            MaxCachedBytes = 1000,
            SlowReaderLimit = TimeSpan.FromSeconds(1),
        });
        using var cursor = track.OpenCursor();
        await WriteAsync(track, 1);
        using var taken = cursor.Take();
        var frame = taken.Take();
        for (var i = 0; i < 50; i++)
            await WriteAsync(track, 57);
        Assert.That(track.ReaderTotals.Lost, Is.EqualTo(1), "it was cut off");
        Assert.That(frame.ToArray(), Is.All.EqualTo(1));
        Assert.That(taken.TryRead(out _), Is.False);
        Assert.Throws<ObjectDisposedException>(() => _ = frame.Payload.Length);
    });

    public enum GivingBack
    {
        NextGroup,
        LeavingTheLoop,
        Disposal,
    }

    [Test]
    public void GroupThatWasGivenBack_SaysHowToKeepIt([Values] GivingBack how) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var reader = studio.Consumer().Open(new SubscribeOptions { Start = GroupStart.Oldest });
        TwoFrames(track);
        TwoFrames(track);
        var group = (await reader.ReadGroupAsync())!;
        if (how == GivingBack.NextGroup)
            await reader.ReadGroupAsync();
        else if (how == GivingBack.Disposal)
            group.Dispose();
        else
            await ReadOneAsync(group);
        var failure = await VirtualWorld.FailureOf(ReadOneAsync(group));
        Assert.That(failure, Is.InstanceOf<ObjectDisposedException>().With.Message.Contains(nameof(GroupConsumer.Keep)));
    });

    [Test]
    public void GroupThatIsKept_IsReadAfterTheNext_AndGivenBackWhenDisposed() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true });
        using var reader = studio.Consumer().Open();
        TwoFrames(track);
        var kept = (await reader.ReadGroupAsync())!.Keep();
        await ReadOneAsync(kept);
        TwoFrames(track);
        await reader.ReadGroupAsync();
        Assert.That(await kept.ReadAsync(), Is.EqualTo(new[] { "2", "end" }), "it continues where it stopped");
        track.Finish();
        reader.Dispose();
        kept.Dispose();
        track.Dispose();
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void ReadThatWaits_FailsWhenItsReaderIsDisposed_AndDoesNotLookLikeTheEnd([Values] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put();
        var reader = studio.Consumer().Open(new SubscribeOptions { Order = order });
        Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
        var waiting = reader.ReadGroupAsync().AsTask();
        await studio.SettleAsync();
        reader.Dispose();
        await studio.SettleAsync();
        Assert.That(
            (waiting.IsFaulted, waiting.Exception?.InnerException, track.SubscriberCount),
            Is.EqualTo((true, waiting.Exception?.InnerException as ObjectDisposedException, 0)));
    });

    [Test]
    public void LoopsThatAreLeft_HoldNothing_AndTheNewestContinues() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var (last, most) = (0UL, 0L);
        var reading = ReadAsync();
        // A minute.
        for (var i = 0; i < 6_000; i++)
        {
            track.Put(100_000);
            await studio.DelayAsync(TimeSpan.FromMilliseconds(10));
            most = Math.Max(most, studio.Pool.BytesOut - track.CachedBytes);
        }

        Assert.That(last, Is.EqualTo(5_999));
        Assert.That(most, Is.LessThan(1 << 20), "beyond what the track keeps anyway");
        track.Finish();
        await reading;

        async Task ReadAsync()
        {
            await foreach (var group in studio.Consumer().ReadGroupsAsync())
            {
                last = group.Sequence;
                await ReadOneAsync(group);
            }
        }
    });

    private static async Task WriteAsync(TrackProducer track, byte value)
    {
        using var group = await track.AppendGroupAsync();
        await group.WriteAsync(Enumerable.Repeat(value, 64 << 10).ToArray());
        group.Finish();
    }

    private static void TwoFrames(TrackProducer track)
    {
        using var group = track.AppendGroup();
        group.Write([1]);
        group.Write([1, 2]);
        group.Finish();
    }

    private static async Task ReadOneAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync())
            return;
    }
}
