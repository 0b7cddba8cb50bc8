namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The media time of frames.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TimestampTests
{
    [Test]
    public void Timestamp_IsThatOfTheWriter_RoundedToTheTimescale() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Timescale = 90_000 });
        using var reader = track.OpenCursor();
        using var group = track.AppendGroup();
        group.Write([1], TimeSpan.FromTicks(1));
        group.Write([2], TimeSpan.FromSeconds(2));
        await group.WriteAsync(new byte[] { 3 }, TimeSpan.FromSeconds(1), CancellationToken.None);
        group.GetFrameMemory(20_000).Span.Clear();
        group.CommitFrame(20_000, TimeSpan.FromTicks(111));
        group.GetFrameMemory(1).Span.Clear();
        await group.CommitFrameAsync(1, TimeSpan.FromSeconds(3), CancellationToken.None);
        Assert.That(reader.TryNext(out var read), Is.True);
        var times = new List<long>();
        while (read!.TryReadFrame(out var frame))
            times.Add(frame.Timestamp.Ticks);
        // The first is less than half a unit; a unit is 111.1 ticks.
        Assert.That(times, Is.EqualTo(new[] { 0, 20_000_000, 10_000_000, 111, 30_000_000 }));
    });

    [Test]
    public void FrameWithoutATimestamp_HasTheTimeSinceTheBroadcastWasCreated() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var reader = track.OpenCursor();
        using var group = track.AppendGroup();
        group.Write([1]);
        await studio.DelayAsync(TimeSpan.FromMilliseconds(1500));
        await group.WriteAsync(new byte[] { 2 });
        Assert.That(reader.TryNext(out var read), Is.True);
        Assert.That(read!.TryReadFrame(out var first) && read.TryReadFrame(out var second)
            && second.Timestamp - first.Timestamp == TimeSpan.FromMilliseconds(1500));
    });

    [Test]
    public void TimestampThatCannotBeSent_IsRefused() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { Timescale = 1_000_000_000 });
        using var group = track.AppendGroup();
        Assert.Throws<ArgumentOutOfRangeException>(() => group.Write([1], TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => group.Write([1], TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(static () => _ = new TrackOptions { Timescale = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => _ = new TrackOptions { Timescale = 1_000_000_001 });
        return Task.CompletedTask;
    });

    [Test]
    public void Units_SurviveTheConversion([Values(1, 25, 1000, 44_100, 48_000, 90_000, 1_000_000, 10_000_000)] int timescale)
    {
        var random = new Random(timescale);
        for (var i = 0; i < 10_000; i++)
        {
            var units = random.NextInt64(1L << random.Next(0, 40));
            Assert.That(MediaTime.ToUnits(MediaTime.ToTime(units, timescale), timescale), Is.EqualTo(units));
        }

        Assert.That(MediaTime.ToTime(MediaTime.Max, 1), Is.EqualTo(TimeSpan.MaxValue));
    }

    /// <summary>A publisher states the age, so that any value may come.</summary>
    [Test]
    public void AgeThatNoTimerCanMeasure_IsWaitedForInParts()
    {
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("track", new TrackOptions { MaxAge = TimeSpan.MaxValue / 2 });
        for (var i = 0; i < 3; i++)
        {
            using var group = track.AppendGroup();
            group.Finish();
        }

        using var reader = track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest });
        Assert.That(reader.TryNext(out var first) && first!.Sequence == 0, Is.True);
    }
}
