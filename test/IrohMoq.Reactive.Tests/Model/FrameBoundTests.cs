namespace IrohMoq.Reactive.Tests.Model;

/// <summary>A reader that states the first frame of its first group, and the last frame of its last one.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FrameBoundTests
{
    private static readonly GroupOrder[] Orders = [GroupOrder.Arrival, GroupOrder.Sequence];

    [Test]
    public void Reading_BeginsAndEndsWithinGroups([ValueSource(nameof(Orders))] GroupOrder order) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        for (var i = 0; i < 4; i++)
            Put(track, frames: 4);
        var options = new SubscribeOptions { Order = order, Start = GroupStart.From(1), FirstFrame = 2, End = 3, LastFrame = 1 };
        Assert.That(await ReadAsync(studio, options), Is.EqualTo("1:2,3 2:0,1,2,3 3:0,1"));
        Assert.That(track.SubscriberCount, Is.Zero);
    });

    [TestCase(3, "1:3 2:0,1,2,3", 0, TestName = "LastFrame")]
    [TestCase(4, "1: 2:0,1,2,3", 0, TestName = "FrameBehindTheLast_IsTheEndOfTheGroup")]
    [TestCase(5, "2:0,1,2,3", 0, TestName = "FrameThatTheGroupDoesNotHave_SkipsTheGroup")]
    public void FirstFrame_NearTheEndOfTheGroup(int frame, string expected, int skipped) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        for (var i = 0; i < 3; i++)
            Put(track, frames: 4);
        using var reader = studio.Consumer().Open(new SubscribeOptions { Start = GroupStart.From(1), FirstFrame = frame, End = 2 });
        Assert.That(await ReadAsync(reader), Is.EqualTo(expected));
        Assert.That(reader.Skipped, Is.EqualTo(skipped), "what was not there when the reading began does not count");
    });

    /// <summary>The reader waits for its first frame, and the writer of a lossless track does not wait for the frames before it.</summary>
    [Test]
    public void OpenGroup_IsReadFromTheFrameOn([Values] bool isLossless) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = isLossless, MaxCachedBytes = 300 });
        using var group = track.AppendGroup();
        var reading = ReadAsync(studio, new SubscribeOptions { Start = GroupStart.From(0), FirstFrame = 20, End = 0 });
        await studio.SettleAsync();
        for (byte i = 0; i < 22; i++)
            await group.WriteAsync(new[] { i });
        group.Finish();
        await studio.SettleAsync();
        Assert.That(await reading, Is.EqualTo("0:20,21"));
        Assert.That(track.ReaderTotals.Completed, Is.EqualTo(1));
    });

    [Test]
    public void GroupThatEndsBeforeTheFrame_FailsIfItHasBegun() => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        group.Write([0]);
        var reading = ReadAsync(studio, new SubscribeOptions { Start = GroupStart.From(0), FirstFrame = 2, End = 1 });
        await studio.SettleAsync();
        group.Finish();
        Put(track, frames: 1);
        Assert.That(await reading, Is.EqualTo($"0:{MoqErrorCode.NotFound} 1:0"));
    });

    [Test]
    public void LastFrame_EndsTheGroupBeforeItsProducerDoes_AndMayChange() => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = studio.Consumer().Open(new SubscribeOptions { End = 0, LastFrame = 5 });
        var reading = ReadAsync(reader);
        group.Write([0]);
        group.Write([1]);
        await studio.SettleAsync();
        Assert.That(reading.IsCompleted, Is.False);
        reader.Options = reader.Options with { LastFrame = 1 };
        await studio.SettleAsync();
        Assert.That(reading.IsCompleted, Is.True, "no frame has to come for that");
        Assert.That(await reading, Is.EqualTo("0:0,1"));
    });

    [Test]
    public void Pieces_EndWithTheLastFrame() => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        Put(track, frames: 3);
        var options = new SubscribeOptions { Start = GroupStart.Oldest, FirstFrame = 1, End = 0, LastFrame = 1 };
        using var reader = studio.Consumer().Open(options);
        var seen = new List<byte>();
        await foreach (var chunk in (await reader.ReadGroupAsync())!.ReadChunksAsync())
            seen.Add(chunk.Payload[0]);
        Assert.That(seen, Is.EqualTo(new byte[] { 1 }));
    });

    [Test]
    public void NegativeFrames_AreRefused()
    {
        Assert.That(static () => new SubscribeOptions { FirstFrame = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => new SubscribeOptions { LastFrame = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void OptionsOfReaders_AreCombinedToTheWiderPositions()
    {
        var early = new SubscribeOptions { Start = GroupStart.From(5), FirstFrame = 3, End = 9, LastFrame = 7 };
        var late = new SubscribeOptions { Start = GroupStart.From(6), FirstFrame = 1, End = 8 };
        var same = new SubscribeOptions { Start = GroupStart.From(5), FirstFrame = 2, End = 9 };
        Assert.That(Combined(early, late), Is.EqualTo((5, 3, (int?)9, (int?)7)));
        Assert.That(Combined(early, same), Is.EqualTo((5, 2, (int?)9, (int?)null)));
        Assert.That(Combined(early, SubscribeOptions.Default), Is.EqualTo((5, 3, (int?)null, (int?)null)));

        static (int Start, int FirstFrame, int? End, int? LastFrame) Combined(SubscribeOptions one, SubscribeOptions other)
        {
            var combined = one.CombineWith(other);
            Assert.That(other.CombineWith(one), Is.EqualTo(combined));
            return ((int)combined.Start.Sequence!, combined.FirstFrame, (int?)combined.End, combined.LastFrame);
        }
    }

    private static void Put(TrackProducer track, int frames)
    {
        using var group = track.AppendGroup();
        for (byte i = 0; i < frames; i++)
            group.Write([i]);
        group.Finish();
    }

    private static async Task<string> ReadAsync(Studio studio, SubscribeOptions options)
    {
        using var reader = studio.Consumer().Open(options);
        return await ReadAsync(reader);
    }

    private static async Task<string> ReadAsync(TrackReader reader)
    {
        var seen = new List<string>();
        while (await reader.ReadGroupAsync() is { } group)
        {
            var frames = new List<string>();
            try
            {
                await foreach (var frame in group.ReadFramesAsync())
                    frames.Add($"{frame.Payload[0]}");
            }
            catch (MoqStreamException failure)
            {
                frames.Add($"{failure.Code}");
            }

            seen.Add($"{group.Sequence}:{string.Join(',', frames)}");
        }

        return string.Join(' ', seen);
    }
}
