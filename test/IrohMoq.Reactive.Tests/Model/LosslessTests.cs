using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class LosslessTests
{
    private static readonly TrackOptions TwoGroups = new() { Lossless = true, MaxCachedGroups = 2 };

    [Test]
    public void Writer_WaitsForTheSlowestReader_ThoughAnotherWantsMore() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(TwoGroups);
        using var fast = track.OpenCursor();
        using var slow = track.OpenCursor();
        track.Put();
        track.Put();
        var waiting = track.AppendGroupAsync().AsTask();
        await studio.SettleAsync();
        Assert.That(fast.TakeAll(), Is.EqualTo(new ulong[] { 0, 1 }));
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False, "the slow one has taken nothing");
        slow.Take().Dispose();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);
        Assert.That((await waiting).Sequence, Is.EqualTo(2));
    });

    [Test]
    public void WriterOfOneGroup_WaitsForTheSlowestReader_ThoughAnotherWantsMoreOfIt() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100 });
        using var group = track.AppendGroup();
        using var fast = track.OpenCursor().Take();
        using var slow = track.OpenCursor().Take();
        group.Push(50);
        group.Push(50);
        var waiting = group.WriteAsync(new byte[1]).AsTask();
        fast.Take();
        fast.Take();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False, "the slow one has taken nothing");
        slow.Take();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False, "nor everything");
        slow.Take();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompletedSuccessfully, Is.True, "all have all there is: waiting would be for ever");
    });

    [Test]
    public void ReadersThatWaitForDifferentGroups_DoNotBlockTheWriter() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedGroups = 2 });
        using var a = track.AppendGroup();
        using var one = track.OpenCursor();
        using var inA = one.Take();
        using var b = track.AppendGroup();
        using var other = track.OpenCursor();
        using var inB = other.Take();
        var reading = new[] { inA.ReadAsync(), inB.ReadAsync() };
        var (intoA, intoB) = (a.WriteAsync(new byte[1]).AsTask(), b.WriteAsync(new byte[1]).AsTask());
        await studio.SettleAsync();
        Assert.That((intoA.IsCompletedSuccessfully, intoB.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        a.Finish();
        b.Finish();
        foreach (var reader in reading)
            Assert.That(await reader, Is.EqualTo(new[] { "1", "end" }));
    });

    [Test]
    public void ReaderThatBeganLater_DoesNotCountForAnOlderGroupThatContinues() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 4096 });
        using var old = track.AppendGroup();
        track.Put();
        using var reader = track.OpenCursor();
        Assert.That(reader.TakeAll(), Is.EqualTo(new ulong[] { 1 }));
        for (var i = 0; i < 100; i++)
        {
            var write = old.WriteAsync(new byte[1000]).AsTask();
            await studio.SettleAsync();
            Assert.That(
                (write.IsCompletedSuccessfully, reader.Progress.Unread), Is.EqualTo((true, 0L)), "it has read everything that is for it");
        }
    });

    [Test]
    public void ReadersThatComeAndGo_LeaveNothingInAGroupThatContinues() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true });
        using var group = track.AppendGroup();
        using var stays = track.OpenCursor();
        using var reading = stays.Take();
        for (var i = 0; i < 10_000; i++)
        {
            using var reader = track.OpenCursor();
            reader.Take().Dispose();
        }

        Assert.That(group.LeftBy, Is.LessThan(30));
    });

    [Test]
    public void ManyGroups_NoneIsLostForAnyReader() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedGroups = 2, MaxCachedBytes = 100 });
        var readers = new[] { 0, 1, 7 }.Select(delay => ReadSlowlyAsync(studio, delay)).ToArray();
        await studio.SettleAsync();
        for (var g = 0; g < 50; g++)
        {
            using var group = await track.AppendGroupAsync();
            for (var f = 0; f < 3; f++)
                await group.WriteAsync(new byte[30]);
            group.Finish();
            Assert.That(
                studio.Pool.BytesOut,
                Is.LessThanOrEqualTo(4 * 256),
                "two groups, the one that is written, and one that is being released");
        }

        track.Finish();
        foreach (var reader in readers)
            Assert.That(await reader, Is.EqualTo(Enumerable.Range(0, 50).Select(static g => $"{g}:3")));
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(256), "the newest group stays for later readers");
        track.Dispose();
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void ReaderThatTakesNoGroup_IsCutOffAtTheLimitToTheTick_AndTheOthersGoOn() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(TwoGroups);
        using var stuck = track.OpenCursor();
        var going = studio.Consumer().ReadAsync();
        track.Put();
        track.Put();
        var given = studio.World.Scheduler.Clock;
        var waiting = track.AppendGroupAsync().AsTask();
        await studio.DelayAsync(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.That(waiting.IsCompleted, Is.False);
        using (var group = await waiting)
            group.Finish();
        Assert.That(studio.World.Scheduler.Clock - given, Is.EqualTo(TimeSpan.FromSeconds(30)));
        track.Finish();
        Assert.That(await going, Is.EqualTo(new[] { "0:1,end", "1:1,end", "2:end", "end" }));
        Assert.That(stuck.TryNext(out _), Is.False);
        Assert.That(
            (await VirtualWorld.FailureOf(stuck.WaitAsync(default).AsTask()) as MoqStreamException)?.Code,
            Is.EqualTo(MoqErrorCode.SlowReader));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void ReaderThatTakesNoFrame_IsCutOffAtTheLimitToTheTick_ItsGroupToo() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, DropsWithoutReaders = true, MaxCachedBytes = 10 });
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var stuck = cursor.Take();
        group.Push(20);
        await studio.DelayAsync(TimeSpan.FromSeconds(7));
        group.Push(20);
        var waiting = group.WriteAsync(new byte[20]).AsTask();
        await studio.DelayAsync(TimeSpan.FromSeconds(23) - TimeSpan.FromTicks(1));
        Assert.That(waiting.IsCompleted, Is.False);
        await waiting;
        Assert.That(studio.World.Elapsed.TotalMilliseconds, Is.EqualTo(30_000).Within(2));
        Assert.That(track.SubscriberCount, Is.Zero);
        Assert.That(await stuck.ReadAsync(), Is.EqualTo(new[] { $"{MoqErrorCode.SlowReader}" }));
    });

    [Test]
    public void EachFrameTaken_GivesTheReaderTheWholeLimitAgain() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 10 });
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        for (var f = 0; f < 4; f++)
            group.Push(20);
        var waiting = group.WriteAsync(new byte[20]).AsTask();
        for (var f = 0; f < 3; f++)
        {
            await studio.DelayAsync(TimeSpan.FromSeconds(29));
            reader.Take();
        }

        Assert.That((waiting.IsCompleted, track.SubscriberCount), Is.EqualTo((false, 1)));
        await studio.DelayAsync(TimeSpan.FromSeconds(29));
        reader.Take();
        await studio.SettleAsync();
        Assert.That((waiting.IsCompletedSuccessfully, track.SubscriberCount), Is.EqualTo((true, 1)));
    });

    [Test]
    public void ReaderThatHadNothingToTakeForLong_IsNotLateWhenABurstComes([Values] bool hasAGroup) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedGroups = 2, MaxCachedBytes = 10 });
        using var group = hasAGroup ? track.AppendGroup() : null;
        var reading = studio.Consumer().ReadAsync();
        await studio.DelayAsync(TimeSpan.FromMinutes(1));
        group?.Push(20);
        group?.Finish();
        await track.PutAsync(20);
        await track.PutAsync(20);
        (await track.AppendGroupAsync()).Finish();
        track.Finish();
        var rest = hasAGroup ? new[] { "0:20,end", "1:20,end", "2:20,end", "3:end", "end" } : ["0:20,end", "1:20,end", "2:end", "end"];
        Assert.That(await reading, Is.EqualTo(rest));
    });

    [Test]
    public void LastReaderThatIsCutOff_CompletesTheWaitForNoSubscriber() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(TwoGroups with { DropsWithoutReaders = true });
        using var stuck = track.OpenCursor();
        track.Put();
        track.Put();
        var nobody = track.WaitForNoSubscriberAsync().AsTask();
        await track.AppendGroupAsync();
        await studio.SettleAsync();
        Assert.That(nobody.IsCompletedSuccessfully, Is.True);
    });

    [Test]
    public void GroupThatIsAborted_MakesRoomAtOnce() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 1000 });
        using var cursor = track.OpenCursor();
        using var lost = track.AppendGroup();
        using var group = track.AppendGroup();
        lost.Push(1000);
        var waiting = group.WriteAsync(new byte[1]).AsTask();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        lost.Abort(MoqErrorCode.Cancel);
        await studio.SettleAsync();
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);
    });

    public enum Over
    {
        TrackAborted,
        GroupAborted,
        GroupBrokenOff,
        GroupFinished,
    }

    [Test]
    public void EndOfGroupOrTrack_EndsTheWaitOfItsWriterWithTheCode([Values] Over over) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 10 });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        group.Push(20);
        var waiting = group.WriteAsync(new byte[20]).AsTask();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        if (over == Over.TrackAborted)
            track.Abort(MoqErrorCode.Unsupported);
        else if (over == Over.GroupAborted)
            group.Abort(MoqErrorCode.Unsupported);
        else if (over == Over.GroupBrokenOff)
            group.BreakOff(MoqErrorCode.Unsupported, isRemote: true);
        else
            group.Finish();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.True);
        Assert.That(
            (await VirtualWorld.FailureOf(waiting) as MoqStreamException)?.Code,
            Is.EqualTo(over == Over.GroupFinished ? MoqErrorCode.Closed : MoqErrorCode.Unsupported));
    });

    private static async Task<IReadOnlyList<string>> ReadSlowlyAsync(Studio studio, int delay)
    {
        var seen = new List<string>();
        await foreach (var group in studio.Consumer().ReadGroupsAsync())
        {
            var frames = 0;
            await foreach (var frame in group.ReadFramesAsync())
            {
                frames++;
                await studio.DelayAsync(TimeSpan.FromMilliseconds(delay));
            }

            seen.Add($"{group.Sequence}:{frames}");
        }

        return seen;
    }
}
