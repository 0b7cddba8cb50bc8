using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the groups of one session that wait for a stream. When the peer limits the number of streams, the next stream goes to the
/// subscription with the highest priority, and within it to the group that the subscriber wants first, no matter which group requested
/// a stream first. Open streams are prioritized by the transport (<see cref="IScheduledStream"/>). This type is thread-safe.
/// </summary>
internal sealed class SendQueue(MoqConnection connection)
{
    private readonly Lock _gate = new();
    // Each subscription is queued only once, no matter how many of its groups wait. Created on demand, because many peers subscribe to
    // nothing.
    private PriorityQueue<SendWindow, (int Priority, long Entry)>? _waiting;
    // An opened stream that no group needed is kept for the next group. Only the loop that opens streams uses this field.
    private ISendStream? _spare;
    private long _entries;
    private bool _isOpening;

    /// <summary>Adds a subscription that has a group waiting for a stream.</summary>
    public void Add(SendWindow subscription)
    {
        lock (_gate)
        {
            if (subscription.IsQueued)
                return;
            subscription.IsQueued = true;
            (_waiting ??= new()).Enqueue(subscription, Rank(subscription));
            if (_isOpening)
                return;
            _isOpening = true;
        }

        _ = OpenAsync();
    }

    /// <summary>Sorts the queue again after the priority of a subscription has changed.</summary>
    public void Rank()
    {
        lock (_gate)
        {
            if (_waiting is null)
                return;
            SendWindow[] waiting =
                [.. _waiting.UnorderedItems.OrderBy(static entry => entry.Priority.Entry).Select(static entry => entry.Element)];
            _waiting.Clear();
            foreach (var subscription in waiting)
                _waiting.Enqueue(subscription, Rank(subscription));
        }
    }

    private (int Priority, long Entry) Rank(SendWindow subscription) => (-subscription.Priority, _entries++);

    private async Task OpenAsync()
    {
        try
        {
            while (IsAnyWaiting())
            {
                var stream = _spare ?? await connection.Transport.OpenUniAsync(connection.Over).ConfigureAwait(false);
                _spare = Hand(stream) ? null : stream;
            }
        }
        catch (Exception end) when (end is TransportClosedException or OperationCanceledException)
        {
            FailAll();
        }
        catch (Exception fault)
        {
            connection.Fail(fault);
            FailAll();
        }
    }

    private bool IsAnyWaiting()
    {
        lock (_gate)
        {
            _isOpening = _waiting?.Count > 0;
            return _isOpening;
        }
    }

    private bool Hand(ISendStream stream)
    {
        while (true)
        {
            SendWindow? subscription;
            lock (_gate)
            {
                if (!_waiting!.TryDequeue(out subscription, out _))
                    return false;
                subscription.IsQueued = false;
            }

            var isSent = subscription.TrySend(stream);
            // Subscriptions of the same priority take turns.
            if (subscription.HasWaiting)
                Add(subscription);
            if (isSent)
                return true;
        }
    }

    private void FailAll()
    {
        SendWindow[] waiting;
        lock (_gate)
        {
            waiting = [.. _waiting!.UnorderedItems.Select(static entry => entry.Element)];
            foreach (var subscription in waiting)
                subscription.IsQueued = false;
            _waiting.Clear();
            _isOpening = false;
        }

        foreach (var subscription in waiting)
            subscription.GiveUpWaiting();
    }
}
