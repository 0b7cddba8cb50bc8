using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>One round of the bench of lagging subscribers.</summary>
/// <param name="DeliveredPerSecond">What the free ones received, while batches were on their way.</param>
/// <param name="FreeSkipped">What they missed.</param>
/// <param name="MemoryGrowth">In percent, from the point where the ring was full.</param>
internal sealed record LagRound(double DeliveredPerSecond, long FreeSkipped, double MemoryGrowth)
{
    public const int Free = 90;
    public const int Lagging = 10;
    public const int Sessions = 20_000;
    // Closings are in the ring as well: those of a batch and the next batch's openings fit together.
    private const int Batch = 500;
    // The ring is full after these.
    private const int Warm = 4;

    public static async Task<LagRound> RunAsync(string kind)
    {
        var ids = Enumerable.Range(0, Batch).Select(_ => (ReadOnlyMemory<byte>)SecretKey.Generate().Id.ToArray()).ToArray();
        await using var moq = new Moq(new SilentEndpoint());
        using var released = new ManualResetEventSlim();
        var batch = new Batches();
        var closed = new Batches();
        var skipped = 0L;
        var subscriptions = new List<IDisposable>();
        var readers = new List<IAsyncEnumerator<IncomingSession>>();
        for (var i = 0; i < Free; i++)
        {
            var received = 0;
            subscriptions.Add(moq.IncomingSessions(missed => Interlocked.Add(ref skipped, missed)).Subscribe(_ =>
            {
                if (++received % Batch == 0)
                    batch.Done();
            }));
        }

        var closings = 0;
        subscriptions.Add(moq.SessionClosures.Subscribe(_ =>
        {
            if (++closings % Batch == 0)
                closed.Done();
        }));
        for (var i = 0; i < Lagging && kind != "alone"; i++)
        {
            if (kind == "blocked")
                subscriptions.Add(moq.IncomingSessions().Subscribe(_ => released.Wait()));
            else
                readers.Add(moq.ReadIncomingSessionsAsync().GetAsyncEnumerator());
        }

        var delivering = 0L;
        var before = 0L;
        for (var sent = 0; sent < Sessions; sent += Batch)
        {
            if (sent == Warm * Batch)
            {
                before = IdleHeap.Collected();
                delivering = 0;
            }

            var connections = ids.Select(id => new SilentConnection(id)).ToArray();
            var received = batch.Next(Free);
            var over = closed.Next(1);
            var start = Stopwatch.GetTimestamp();
            foreach (var connection in connections)
                await moq.ProtocolHandler.AcceptAsync(connection, default);
            await received;
            delivering += Stopwatch.GetTimestamp() - start;
            foreach (var connection in connections)
                connection.Close(0, "");
            await over;
        }

        var growth = 100.0 * (IdleHeap.Collected() - before) / before;
        released.Set();
        foreach (var subscription in subscriptions)
            subscription.Dispose();
        foreach (var reader in readers)
            await reader.DisposeAsync();
        var seconds = Stopwatch.GetElapsedTime(0, delivering).TotalSeconds;
        return new LagRound((double)Free * (Sessions - (Warm * Batch)) / seconds, skipped, growth);
    }

    /// <summary>The end of one batch after the other, for a number of receivers.</summary>
    private sealed class Batches
    {
        private TaskCompletionSource _end = new();
        private int _left;

        public Task Next(int receivers)
        {
            _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _left, receivers);
            return _end.Task;
        }

        public void Done()
        {
            if (Interlocked.Decrement(ref _left) == 0)
                _end.SetResult();
        }
    }
}
