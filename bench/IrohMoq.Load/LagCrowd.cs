using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// A manager with 90 free subscribers of its incoming sessions, and ten that lag or none. Sessions come to it in batches.
/// </summary>
internal sealed class LagCrowd : IAsyncDisposable
{
    public const int Free = 90;
    public const int Lagging = 10;
    // Closings are in the ring as well: those of a batch and the next batch's openings fit together.
    public const int Batch = 500;

    private readonly Moq _moq = new(new SilentEndpoint());
    private readonly ReadOnlyMemory<byte>[] _ids =
        [.. Enumerable.Range(0, Batch).Select(_ => (ReadOnlyMemory<byte>)SecretKey.Generate().Id.ToArray())];
    private readonly ManualResetEventSlim _released = new();
    private readonly List<IDisposable> _subscriptions = [];
    private readonly List<IAsyncEnumerator<IncomingSession>> _readers = [];
    private readonly Receipts _received = new();
    private readonly Receipts _over = new();
    private long _skipped;

    /// <param name="kind">
    /// The kind of lag: "alone" for none, "blocked" for ten subscribers that never return, "pull" for ten that never ask for the next item.
    /// </param>
    public LagCrowd(string kind)
    {
        for (var i = 0; i < Free; i++)
        {
            var received = 0;
            _subscriptions.Add(_moq.IncomingSessions(onSkipped: missed => Interlocked.Add(ref _skipped, missed)).Subscribe(_ =>
            {
                if (++received % Batch == 0)
                    _received.Done();
            }));
        }

        var closed = 0;
        _subscriptions.Add(_moq.SessionClosures().Subscribe(_ =>
        {
            if (++closed % Batch == 0)
                _over.Done();
        }));
        for (var i = 0; i < Lagging && kind != "alone"; i++)
        {
            if (kind == "blocked")
                _subscriptions.Add(_moq.IncomingSessions().Subscribe(_ => _released.Wait()));
            else
                _readers.Add(_moq.ReadIncomingSessionsAsync().GetAsyncEnumerator());
        }
    }

    /// <summary>What the free ones missed.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Publishes a batch, then closes its sessions.</summary>
    /// <returns>Seconds until the free ones had it.</returns>
    public async Task<double> PublishAsync()
    {
        var connections = _ids.Select(id => new SilentConnection(id)).ToArray();
        var received = _received.Next(Free);
        var over = _over.Next(1);
        var start = Stopwatch.GetTimestamp();
        foreach (var connection in connections)
            await _moq.ProtocolHandler.AcceptAsync(connection, default);
        await received;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var connection in connections)
            connection.Close(0, "");
        await over;
        return seconds;
    }

    public async ValueTask DisposeAsync()
    {
        _released.Set();
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
        foreach (var reader in _readers)
            await reader.DisposeAsync();
        await _moq.DisposeAsync();
    }

    /// <summary>The end of one batch after the other, for a number of receivers.</summary>
    private sealed class Receipts
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
