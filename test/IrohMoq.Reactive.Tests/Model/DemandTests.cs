using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class DemandTests
{
    [Test]
    public void WhatIsTrueAlready_IsNotWaitedFor() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        Assert.That(track.WaitForNoSubscriberAsync().AsTask().IsCompletedSuccessfully, Is.True);
        using var cursor = track.OpenCursor();
        Assert.That(track.WaitForSubscriberAsync().AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(track.WaitForNoSubscriberAsync().AsTask().IsCompleted, Is.False);
    });

    [Test]
    public void OnlyTheLastOfSeveralReaders_EndsTheDemand() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var wanted = track.WaitForSubscriberAsync().AsTask();
        await studio.SettleAsync();
        Assert.That(wanted.IsCompleted, Is.False);
        var first = track.OpenCursor();
        using var second = track.OpenCursor();
        await wanted;
        var nobody = track.WaitForNoSubscriberAsync().AsTask();
        first.Dispose();
        first.Dispose();
        await studio.SettleAsync();
        Assert.That((nobody.IsCompleted, track.SubscriberCount), Is.EqualTo((false, 1)));
        second.Dispose();
        await studio.SettleAsync();
        Assert.That((nobody.IsCompletedSuccessfully, track.SubscriberCount), Is.EqualTo((true, 0)));
    });

    [Test]
    public void ReaderThatComesAndGoesAtOneInstant_IsSeen() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var wanted = Enumerable.Range(0, 3).Select(_ => track.WaitForSubscriberAsync().AsTask()).ToArray();
        await studio.SettleAsync();
        track.OpenCursor().Dispose();
        await studio.SettleAsync();
        Assert.That(wanted.Select(static wait => wait.IsCompletedSuccessfully), Is.All.True);
        Assert.That(track.WaitForNoSubscriberAsync().AsTask().IsCompletedSuccessfully, Is.True);
        var next = track.WaitForSubscriberAsync().AsTask();
        await studio.SettleAsync();
        Assert.That(next.IsCompleted, Is.False, "the first wait has completed");
    });

    [Test]
    public void WaitForASubscriberOfATrackThatIsFinishedOrAborted_FailsWithItsCode(
        [Values] bool before, [Values] bool finished) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        Task? waiting = before ? track.WaitForSubscriberAsync().AsTask() : null;
        if (finished)
        {
            track.Finish();
            track.Dispose();
        }
        else
        {
            track.Abort(MoqErrorCode.Unauthorized);
        }

        waiting ??= track.WaitForSubscriberAsync().AsTask();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.True, "no subscriber can come");
        Assert.That(
            (await VirtualWorld.FailureOf(waiting) as MoqException)?.Code,
            Is.EqualTo(finished ? MoqErrorCode.Closed : MoqErrorCode.Unauthorized));
        Assert.That(track.WaitForNoSubscriberAsync().AsTask().IsCompletedSuccessfully, Is.True);
    });

    [Test]
    public void FinishedTrackThatIsKept_IsWaitedForByItsProducer() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        track.Put();
        track.Finish();
        var waiting = track.WaitForSubscriberAsync().AsTask();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        Assert.That(await studio.Consumer().ReadAsync(), Is.EqualTo(new[] { "0:1,end", "end" }));
        await waiting;
    });

    [Test]
    public void ReaderThatHasTakenAll_CountsUntilItHasReadIt() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var consumer = studio.Consumer();
        await using var groups = consumer.ReadGroupsAsync().GetAsyncEnumerator();
        var first = groups.MoveNextAsync();
        track.Put();
        Assert.That(await first, Is.True);
        var last = groups.Current.Keep();
        track.Finish();
        Assert.That(await groups.MoveNextAsync(), Is.False);
        Assert.That(track.SubscriberCount, Is.EqualTo(1));
        Assert.That(await last.ReadAsync(), Is.EqualTo(new[] { "1", "end" }));
        Assert.That(track.SubscriberCount, Is.Zero);
    });

    [Test]
    public void LoopThatIsLeft_GivesTheSubscriptionBack([Values] bool canceled) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put();
        using var stop = new CancellationTokenSource();
        try
        {
            await foreach (var group in studio.Consumer().ReadGroupsAsync(stop.Token))
            {
                Assert.That(track.SubscriberCount, Is.EqualTo(1));
                group.Dispose();
                if (!canceled)
                    break;
                stop.Cancel();
            }
        }
        catch (OperationCanceledException)
        {
            Assert.That(canceled, Is.True);
        }

        Assert.That(track.SubscriberCount, Is.Zero);
    });
}
