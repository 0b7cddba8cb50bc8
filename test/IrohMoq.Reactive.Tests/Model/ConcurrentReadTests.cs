namespace IrohMoq.Reactive.Tests.Model;

/// <summary>One caller reads at a time: a second read is refused at once, and the first one goes on.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ConcurrentReadTests
{
    [Test]
    public void SecondReadOfATrack_IsRefused([Values] GroupOrder order) => Studio.Run(async studio =>
    {
        var track = studio.Track();
        using var reader = studio.Consumer().Open(new SubscribeOptions { Order = order });
        var first = reader.ReadGroupAsync().AsTask();
        await studio.SettleAsync();
        await AssertIsRefusedAsync(studio, reader.ReadGroupAsync().AsTask());
        Assert.That(first.IsCompleted, Is.False);
        using var written = track.AppendGroup();
        await studio.SettleAsync();
        Assert.That((await first)?.Sequence, Is.Zero);
        written.Finish();
    });

    [Test]
    public void SecondReadOfAGroup_IsRefused([Values] bool isOfChunks) => Studio.Run(async studio =>
    {
        using var written = studio.Track().AppendGroup();
        using var reader = studio.Consumer().Open();
        using var group = (await reader.ReadGroupAsync())!;
        var (first, second) = (Read(group, isOfChunks), Read(group, isOfChunks));
        await studio.SettleAsync();
        Assert.That(second.Exception?.InnerException, Is.InstanceOf<InvalidOperationException>());
        Assert.That(first.IsCompleted, Is.False);
        written.Write([7]);
        await studio.SettleAsync();
        Assert.That(await first, Is.True);
    });

    /// <summary>A loop gives the group back when it is left, also because it was refused.</summary>
    [Test]
    public void SecondLoopOverAGroup_EndsTheFirst() => Studio.Run(async studio =>
    {
        using var written = studio.Track().AppendGroup();
        using var reader = studio.Consumer().Open();
        using var group = (await reader.ReadGroupAsync())!;
        var (first, second) = (LoopAsync(group), LoopAsync(group));
        await studio.SettleAsync();
        Assert.That(second.Exception?.InnerException, Is.InstanceOf<InvalidOperationException>());
        Assert.That(first.Exception?.InnerException, Is.InstanceOf<ObjectDisposedException>());
    });

    [Test]
    public void SecondReadOfRequests_IsRefused() => Studio.Run(async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        await using var one = requests.ReadAllAsync().GetAsyncEnumerator();
        await using var other = requests.ReadAllAsync().GetAsyncEnumerator();
        var first = one.MoveNextAsync().AsTask();
        await studio.SettleAsync();
        await AssertIsRefusedAsync(studio, other.MoveNextAsync().AsTask());
        Assert.That(first.IsCompleted, Is.False);
        using var reader = studio.Consumer().Open();
        await studio.SettleAsync();
        Assert.That(await first, Is.True);
        Assert.That(one.Current.Name, Is.EqualTo("track"));
        one.Current.Reject();
    });

    private static async Task AssertIsRefusedAsync(Studio studio, Task second)
    {
        await studio.SettleAsync();
        Assert.That(second.Exception?.InnerException, Is.InstanceOf<InvalidOperationException>());
    }

    private static Task<bool> Read(GroupConsumer group, bool isOfChunks) => isOfChunks
        ? group.ReadChunksAsync().GetAsyncEnumerator().MoveNextAsync().AsTask()
        : group.ReadFramesAsync().GetAsyncEnumerator().MoveNextAsync().AsTask();

    private static async Task LoopAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync())
            Assert.That(frame.Length, Is.Zero, "there is no frame");
    }
}
