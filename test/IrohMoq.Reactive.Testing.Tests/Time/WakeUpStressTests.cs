using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Time;

/// <summary>A wake-up that is lost shows as a test that does not end.</summary>
public sealed class WakeUpStressTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task SignalUnderFire_LosesNoWakeUpAmongCancelledWaits(CancellationToken cancellationToken)
    {
        const int producers = 3;
        const int itemsEach = 1_000_000;
        var signal = new Signal(PoolTurns.Instance);
        long produced = 0;
        var (waits, cancelled) = (0, 0);
        var writing = Enumerable.Range(0, producers).Select(i => Task.Run(() =>
        {
            var pause = new Random(i);
            for (var item = 0; item < itemsEach; item++)
            {
                Interlocked.Increment(ref produced);
                signal.Set();
                // Now and then the reader gets ahead and really waits.
                if (pause.Next(50) == 0)
                    Thread.SpinWait(pause.Next(300));
            }
        }, cancellationToken)).ToArray();

        while (Interlocked.Read(ref produced) < producers * itemsEach)
        {
            // Every fourth wait has a canceller that races with the setters.
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (++waits % 4 == 0)
                ThreadPool.UnsafeQueueUserWorkItem(static state => Cancel((CancellationTokenSource)state!), giveUp);
            try
            {
                await signal.WaitAsync(giveUp.Token);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                cancelled++;
            }
        }

        await Task.WhenAll(writing);
        await TestContext.Out.WriteLineAsync($"{produced:N0} items, {waits:N0} waits, {cancelled:N0} cancelled");
        Assert.That(cancelled, Is.GreaterThan(0));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task MailboxUnderFire_DeliversEveryItemOnceAndInEachWritersOrder(CancellationToken cancellationToken)
    {
        const int writers = 2;
        const int itemsEach = 500_000;
        var box = new Mailbox<(int Writer, int Item)>(PoolTurns.Instance, capacity: 1000);
        var writing = Enumerable.Range(0, writers).Select(writer => Task.Run(() =>
        {
            for (var item = 0; item < itemsEach; item++)
            {
                while (!box.TryWrite((writer, item)))
                    Thread.Yield();
            }
        }, cancellationToken)).ToArray();
        var next = new int[writers];
        for (var read = 0; read < writers * itemsEach; read++)
        {
            (int Writer, int Item) got;
            while (!box.TryRead(out got))
                Assert.That(await box.WaitToReadAsync(cancellationToken), Is.True);
            if (got.Item != next[got.Writer]++)
                Assert.Fail($"Writer {got.Writer}: item {got.Item} came where {next[got.Writer] - 1} was due.");
        }

        await Task.WhenAll(writing);
        Assert.That(box.Count, Is.Zero);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait was over first.
        }
    }
}
