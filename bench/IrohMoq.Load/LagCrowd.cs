using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents a manager with 90 fast subscribers of its incoming sessions, and with ten slow subscribers or none. Sessions arrive in
/// batches.
/// </summary>
internal sealed class LagCrowd : IAsyncDisposable
{
    public const int Free = 90;
    public const int Lagging = 10;
    // The ring buffer contains closings too. The closings of one batch and the openings of the next fit into it together.
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
    /// The kind of slow subscribers: "alone" for none, "blocked" for ten that never return from OnNext, "pull" for ten that never request
    /// the next item.
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

    /// <summary>Gets the number of items that the fast subscribers have missed.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Opens the sessions of a batch, waits until the fast subscribers have received them, and closes them.</summary>
    /// <returns>The number of seconds until all fast subscribers have received the batch.</returns>
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

    /// <summary>Provides, for one batch after another, a task that completes when a number of receivers have received the batch.</summary>
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
