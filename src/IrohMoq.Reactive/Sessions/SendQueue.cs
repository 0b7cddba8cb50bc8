using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The groups of one session that wait for a stream. Where the peer allows no more streams, the next one goes to the subscription with the highest priority, and there to the group that it ranks first, whatever was asked for before.
/// Streams that are open are ranked by the transport (<see cref="IScheduledStream"/>). Safe for any thread.
/// </summary>
internal sealed class SendQueue(Session session)
{
    private readonly Lock _gate = new();
    // One entry for each waiting group, which the subscription may exchange for another of its groups.
    private readonly PriorityQueue<TrackPublisher, (int Priority, long Entry)> _waiting = new();
    private long _entries;
    private bool _isOpening;

    /// <summary>A group of the subscription waits for a stream.</summary>
    public void Add(TrackPublisher subscription)
    {
        lock (_gate)
        {
            _waiting.Enqueue(subscription, Rank(subscription));
            if (_isOpening)
                return;
            _isOpening = true;
        }

        _ = OpenAsync();
    }

    /// <summary>The priority of a subscription has changed.</summary>
    public void Rank()
    {
        lock (_gate)
        {
            var waiting = _waiting.UnorderedItems.OrderBy(static entry => entry.Priority.Entry).Select(static entry => entry.Element).ToArray();
            _waiting.Clear();
            foreach (var subscription in waiting)
                _waiting.Enqueue(subscription, Rank(subscription));
        }
    }

    private (int Priority, long Entry) Rank(TrackPublisher subscription) => (-subscription.Priority, _entries++);

    private async Task OpenAsync()
    {
        try
        {
            // A stream that no group wanted any more when it was there is the next one's.
            ISendStream? spare = null;
            while (IsAnyWaiting())
            {
                var stream = spare ?? await session.Connection.OpenUniAsync(session.Over).ConfigureAwait(false);
                spare = Hand(stream) ? null : stream;
            }

            spare?.Reset(MoqErrorCode.Cancel);
        }
        catch (Exception end) when (end is TransportClosedException or OperationCanceledException)
        {
            FailAll();
        }
        catch (Exception fault)
        {
            session.Log.SessionFailed(session.RemoteName, fault);
            session.Close(MoqErrorCode.Transport, "internal error");
            FailAll();
        }
    }

    private bool IsAnyWaiting()
    {
        lock (_gate)
        {
            _isOpening = _waiting.Count > 0;
            return _isOpening;
        }
    }

    private bool Hand(ISendStream stream)
    {
        while (true)
        {
            TrackPublisher? subscription;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out subscription, out _))
                    return false;
            }

            if (subscription.TrySend(stream))
                return true;
        }
    }

    private void FailAll()
    {
        TrackPublisher[] waiting;
        lock (_gate)
        {
            waiting = [.. _waiting.UnorderedItems.Select(static entry => entry.Element)];
            _waiting.Clear();
            _isOpening = false;
        }

        foreach (var subscription in waiting)
            subscription.GiveUpWaiting();
    }
}
