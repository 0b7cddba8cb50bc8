using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Time;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[NonParallelizable]
public sealed class MailboxTests
{
    private readonly TestScheduler _scheduler = new();

    private Runtime Runtime => SchedulerRuntime.For(_scheduler);

    [Test]
    public void Write_IsRefusedWhenFull_AndAcceptedAfterARead()
    {
        var box = new Mailbox<int>(Runtime, capacity: 2);
        Assert.That((box.TryWrite(1), box.TryWrite(2), box.TryWrite(3)), Is.EqualTo((true, true, false)));
        Assert.That(box.Count, Is.EqualTo(2));
        Assert.That(box.TryRead(out var first), Is.True);
        Assert.That(first, Is.EqualTo(1));
        Assert.That(box.TryWrite(4), Is.True);
    }

    [Test]
    public void End_IsSeenAfterTheQueuedItems()
    {
        var box = new Mailbox<int>(Runtime, 10);
        box.TryWrite(1);
        box.TryWrite(2);
        box.End();
        box.End(new IOException("too late"));
        Assert.That(box.TryWrite(3), Is.False);
        Assert.That(ReadAll(box), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void EndWithAFault_ThrowsItBehindTheLastItem()
    {
        var box = new Mailbox<int>(Runtime, 10);
        box.TryWrite(1);
        box.End(new IOException("broken"));
        Assert.That(box.WaitToReadAsync().AsTask().Result, Is.True);
        Assert.That(box.TryRead(out _), Is.True);
        Assert.That(
            () => box.WaitToReadAsync().AsTask().GetAwaiter().GetResult(),
            Throws.TypeOf<IOException>().With.Message.EqualTo("broken"));
    }

    [Test]
    public void End_WakesTheReader()
    {
        var box = new Mailbox<int>(Runtime, 10);
        var waiting = box.WaitToReadAsync().AsTask();
        box.End();
        _scheduler.AdvanceBy(10);
        Assert.That(waiting.Result, Is.False);
    }

    [Test]
    public void CanceledWait_LosesNoItem()
    {
        var box = new Mailbox<int>(Runtime, 10);
        using var giveUp = new CancellationTokenSource();
        var waiting = box.WaitToReadAsync(giveUp.Token).AsTask();
        giveUp.Cancel();
        box.TryWrite(1);
        _scheduler.AdvanceBy(10);
        Assert.That(waiting.IsCompleted, Is.True);
        Assert.That(box.TryRead(out var item), Is.True);
        Assert.That(item, Is.EqualTo(1));
    }

    [Test]
    public void Reader_GetsWhatComesLaterInOrder()
    {
        var box = new Mailbox<int>(Runtime, 100);
        var reading = Task.FromResult(ReadAllLater());
        for (var i = 0; i < 50; i++)
        {
            box.TryWrite(i);
            if (i % 7 == 0)
                _scheduler.AdvanceBy(10);
        }

        box.End();
        _scheduler.AdvanceBy(10);
        Assert.That(reading.Result.Result, Is.EqualTo(Enumerable.Range(0, 50)));

        async Task<List<int>> ReadAllLater()
        {
            var all = new List<int>();
            await foreach (var item in box.ReadAllAsync().ConfigureAwait(false))
                all.Add(item);
            return all;
        }
    }

    private static List<int> ReadAll(Mailbox<int> box)
    {
        var all = new List<int>();
        while (box.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (box.TryRead(out var item))
                all.Add(item);
        }

        return all;
    }
}
