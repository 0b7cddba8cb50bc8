namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the pool of idle <see cref="GroupSubscriber"/> objects of a connection, with their buffers, and enforces the time limit
/// for streams whose header has not arrived, with one timer for all of them. This type is thread-safe.
/// </summary>
internal sealed class GroupSubscribers(MoqConnection connection) : IDisposable
{
    private const int MaxKept = 64;

    private readonly Lock _gate = new();
    // Created on demand, because no group may ever arrive on a connection.
    private Stack<GroupSubscriber>? _spare;
    private LinkedList<GroupSubscriber>? _watched;
    private ITimer? _timer;
    private bool _isArmed;

    public GroupSubscriber Rent()
    {
        lock (_gate)
        {
            if (_spare is not null && _spare.TryPop(out var subscriber))
                return subscriber;
        }

        return new GroupSubscriber(connection, this);
    }

    public void Return(GroupSubscriber subscriber)
    {
        lock (_gate)
        {
            _spare ??= new();
            if (_spare.Count < MaxKept)
                _spare.Push(subscriber);
        }
    }

    /// <summary>Starts the time limit for the header of a stream. The stream is stopped if the header does not arrive in time.</summary>
    public void Watch(LinkedListNode<GroupSubscriber> subscriber)
    {
        lock (_gate)
        {
            (_watched ??= []).AddLast(subscriber);
            Arm();
        }
    }

    /// <summary>Removes the time limit for the header of a stream, because the header has arrived or the stream is over.</summary>
    public void Unwatch(LinkedListNode<GroupSubscriber> subscriber)
    {
        lock (_gate)
        {
            if (subscriber.List is not null)
                _watched!.Remove(subscriber);
        }
    }

    /// <summary>Stops the timer, because no further stream will arrive and the watched streams end with the connection.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isArmed = true;
            _timer?.Dispose();
        }
    }

    private void Arm()
    {
        if (_isArmed || _watched?.First is not { } oldest)
            return;
        _isArmed = true;
        _timer ??= connection.Runtime.CreateTimer(
            static state => ((GroupSubscribers)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var left = connection.Limits.FirstMessage - connection.Runtime.GetElapsedTime(oldest.Value.AcceptedAt);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        lock (_gate)
        {
            _isArmed = false;
            var limit = connection.Limits.FirstMessage;
            while (_watched!.First is { } oldest && connection.Runtime.GetElapsedTime(oldest.Value.AcceptedAt) >= limit)
            {
                _watched.RemoveFirst();
                oldest.Value.Stop(MoqErrorCode.Timeout);
            }

            Arm();
        }
    }
}
