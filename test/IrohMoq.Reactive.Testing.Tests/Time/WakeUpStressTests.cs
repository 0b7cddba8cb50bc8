using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Time;

/// <summary>A wake-up that is lost shows as a test that does not end.</summary>
[NonParallelizable]
public sealed class WakeUpStressTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task SignalUnderLoad_LosesNoWakeUpAmongCanceledWaits(CancellationToken cancellationToken)
    {
        const int producers = 3;
        const int itemsEach = 1_000_000;
        const int fewestCanceled = 20;
        var signal = new Signal(ThreadPoolRuntime.Instance);
        long produced = 0;
        var (waits, canceled, done) = (0, 0, 0);
        // These run on threads of their own: on a small machine they would use all threads of the pool, and the reader would run after
        // them.
        var writing = Enumerable.Range(0, producers)
            .Select(i => Task.Factory.StartNew(
                () => Produce(i), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        while (Volatile.Read(ref done) < producers)
        {
            // Every fourth wait has a canceler that races with the setters.
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
                canceled++;
            }
        }

        await Task.WhenAll(writing);
        await TestContext.Out.WriteLineAsync($"{produced:N0} items, {waits:N0} waits, {canceled:N0} canceled");
        Assert.That(canceled, Is.GreaterThanOrEqualTo(fewestCanceled));

        void Produce(int number)
        {
            var pause = new Random(number);
            // The setters continue until the reader has had enough waits, whatever the load of the machine.
            for (var item = 0; item < itemsEach || Volatile.Read(ref canceled) < fewestCanceled; item++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Increment(ref produced);
                signal.Set();
                // Sometimes the reader is ahead and has to wait.
                if (pause.Next(50) == 0)
                    Thread.SpinWait(pause.Next(300));
            }

            Interlocked.Increment(ref done);
            signal.Set();
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task MailboxUnderLoad_DeliversEveryItemOnceAndInTheOrderOfEachWriter(CancellationToken cancellationToken)
    {
        const int writers = 2;
        const int itemsEach = 500_000;
        var box = new Mailbox<(int Writer, int Item)>(ThreadPoolRuntime.Instance, capacity: 1000);
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
            // The wait completed first.
        }
    }
}
