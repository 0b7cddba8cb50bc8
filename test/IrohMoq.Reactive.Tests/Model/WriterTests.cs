using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Writers of a lossless track: in which order they go on, and what ends their waits.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WriterTests
{
    private static readonly TrackOptions OneGroup = new() { Lossless = true, MaxCachedGroups = 1 };

    [Test]
    public void WritersThatWait_AreServedInTheOrderInWhichTheyCame() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(OneGroup);
        using var cursor = track.OpenCursor();
        track.Put();
        var served = new List<int>();
        var writers = Enumerable.Range(0, 5).Select(WriteAsync).ToArray();
        for (var i = 0; i < 6; i++)
        {
            await studio.SettleAsync();
            Assert.That(served, Is.EqualTo(Enumerable.Range(0, i)));
            cursor.Take().Dispose();
        }

        foreach (var writer in writers)
            await writer;

        async Task WriteAsync(int number)
        {
            using var group = await track.AppendGroupAsync();
            served.Add(number);
            await group.WriteAsync(new byte[1]);
            group.Finish();
        }
    });

    [Test]
    public void WriterThatCameLater_DoesNotOvertakeThoughThereIsRoom() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(OneGroup);
        using var cursor = track.OpenCursor();
        track.Put();
        var first = track.AppendGroupAsync().AsTask();
        await studio.SettleAsync();
        cursor.Take().Dispose();
        // There is room now, and the first writer has not continued yet.
        var second = track.AppendGroupAsync().AsTask();
        Assert.That(second.IsCompleted, Is.False);
        await studio.SettleAsync();
        Assert.That((await first).Sequence, Is.EqualTo(1));
    });

    [Test]
    public void WriterThatIsCanceled_LetsTheNextContinue() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(OneGroup);
        using var cursor = track.OpenCursor();
        track.Put();
        using var stop = new CancellationTokenSource();
        var first = track.AppendGroupAsync(stop.Token).AsTask();
        var second = track.AppendGroupAsync().AsTask();
        await studio.SettleAsync();
        Cancel(stop);
        cursor.Take().Dispose();
        await studio.SettleAsync();
        Assert.That(await VirtualWorld.FailureOf(first), Is.InstanceOf<OperationCanceledException>());
        Assert.That((await second).Sequence, Is.EqualTo(1));
    });

    [Test]
    public void CanceledToken_StopsWritingAtOnce_WhetherItWouldWaitOrNot(
        [Values] bool lossless, [Values] bool isFull) => Studio.Run(async studio =>
    {
        using var track = studio.Track(OneGroup with { Lossless = lossless });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        if (isFull)
            group.Push(1000);
        using var stop = new CancellationTokenSource();
        Cancel(stop);
        var (append, write) = (track.AppendGroupAsync(stop.Token).AsTask(), group.WriteAsync(new byte[1], stop.Token).AsTask());
        Assert.That((append.IsCanceled, write.IsCanceled), Is.EqualTo((true, true)), "at once");
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 0 }));
        await studio.SettleAsync();
    });

    [Test]
    public void WaitThatIsCanceled_WritesNothing() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100 });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        group.Push(1000);
        using var stop = new CancellationTokenSource();
        var (append, write) = (track.AppendGroupAsync(stop.Token).AsTask(), group.WriteAsync(new byte[7], stop.Token).AsTask());
        await studio.SettleAsync();
        Assert.That((append.IsCompleted, write.IsCompleted), Is.EqualTo((false, false)));
        Cancel(stop);
        Assert.That(await VirtualWorld.FailureOf(append), Is.InstanceOf<OperationCanceledException>());
        Assert.That(await VirtualWorld.FailureOf(write), Is.InstanceOf<OperationCanceledException>());
        group.Finish();
        track.Finish();
        using var taken = cursor.Take();
        Assert.That(await taken.ReadAsync(), Is.EqualTo(new[] { "1000", "end" }));
    });

    [Test]
    public void SynchronousWrite_ThatWouldHaveToWait_IsRefusedAndNamesTheOther() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100 });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        group.Push(1000);
        Assert.That(
            () => group.Write(new byte[1]), Throws.InvalidOperationException.With.Message.Contains(nameof(GroupProducer.WriteAsync)));
        Assert.That(
            () => track.AppendGroup(), Throws.InvalidOperationException.With.Message.Contains(nameof(TrackProducer.AppendGroupAsync)));
        using var taken = cursor.Take();
        taken.Take();
        group.Write(new byte[1]);
    });

    [Test]
    public void WithoutReaders_ALosslessWriterWaits_UnlessItDrops([Values] bool drops) => Studio.Run(async studio =>
    {
        using var track = studio.Track(OneGroup with { DropsWithoutReaders = drops });
        track.Put();
        var waiting = track.AppendGroupAsync().AsTask();
        await studio.DelayAsync(TimeSpan.FromMinutes(2));
        Assert.That(waiting.IsCompleted, Is.EqualTo(drops));
        if (drops)
            return;
        using var cursor = track.OpenCursor();
        cursor.Take().Dispose();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);
    });

    /// <summary>Not by CancelAsync, which leaves virtual time.</summary>
    internal static void Cancel(CancellationTokenSource stop) => stop.Cancel();

    [Test]
    public void WriterThatWaitsForAReader_ContinuesWhenOneComesThatLeavesRoom() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100_000 });
        Task waiting;
        do
        {
            waiting = track.PutAsync(5_000);
            await studio.SettleAsync();
        }
        while (waiting.IsCompleted);
        using var reader = track.OpenCursor();
        await studio.SettleAsync();
        Assert.That(
            (waiting.IsCompletedSuccessfully, reader.Progress.Unread),
            Is.EqualTo((true, 2 * 8472L)),
            "it had one group to read, and takes its time");
    });
}
