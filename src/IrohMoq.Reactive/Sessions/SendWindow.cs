using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The groups of one subscription of the peer that are on their way: those that have a stream, and those that wait for one. It bounds
/// their number and bytes, and follows the terms of the subscriber. This type is thread-safe.
/// </summary>
internal sealed class SendWindow
{
    private readonly MoqConnection _connection;
    private readonly TrackCursor _cursor;
    private readonly ulong _id;
    private readonly bool _isWindowed;
    private readonly Lock _gate = new();
    // In the order in which they were begun.
    private readonly LinkedList<GroupPublisher> _inFlight = [];
    private readonly LinkedList<GroupPublisher> _waiting = [];
    private DeliveryTerms _terms;
    private ulong? _firstBegun;
    private ulong? _highestBegun;
    private bool _hasUpdate;
    private long _bytesInFlight;
    private int _inWriting;
    private int _droppedInQueue;
    private long _lateChecked;

    public SendWindow(MoqConnection connection, TrackCursor cursor, Subscribe subscribe)
    {
        _connection = connection;
        _cursor = cursor;
        _id = subscribe.Id;
        _terms = subscribe.Terms;
        _isWindowed = cursor.Track.Options.Lossless && subscribe.Terms.MaxLatency == SubscriptionTerms.NoLimit;
    }

    /// <summary>
    /// Gets the priority that the subscriber asks for, and for subscriptions of one priority the one of the track. See moq-lite,
    /// "Priority".
    /// </summary>
    public ushort Priority
    {
        get
        {
            lock (_gate)
                return Rank;
        }
    }

    /// <summary>
    /// Gets or sets a value that indicates whether this window is in the <see cref="SendQueue"/>. The caller must hold the lock of the
    /// queue.
    /// </summary>
    public bool IsQueued { get; set; }

    /// <summary>Gets a value indicating whether a group waits for a stream.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Gets a value indicating whether no group is on its way.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _inFlight.Count + _waiting.Count == 0;
        }
    }

    /// <summary>Gets a value indicating whether the cache has dropped a group that is whole in the queue of its stream.</summary>
    public bool HasDroppedInQueue => Volatile.Read(ref _droppedInQueue) != 0;

    private ushort Rank => (ushort)((_terms.Priority << 8) | _cursor.Track.Options.Priority);

    /// <summary>
    /// Gets the last group that a subscriber of a lossless track may get before its first update, which says how far it may go. At full
    /// speed small groups would otherwise fill its share before the update arrives.
    /// </summary>
    private ulong? FirstWindow =>
        _isWindowed && !_hasUpdate && _firstBegun is { } first ? first + (ulong)_connection.Limits.FirstGroups : null;

    /// <summary>Determines whether another group may be begun.</summary>
    /// <param name="last">The highest number that it may have, or null for no limit.</param>
    public bool MayBegin(out ulong? last)
    {
        var limits = _connection.Limits;
        lock (_gate)
        {
            last = _terms.EndGroup ?? FirstWindow;
            // Numbers need not be complete: while there is room for a group below the limit, the next one may lie beyond it. A subscriber
            // that has every other group would never move the limit.
            if (_isWindowed && (_highestBegun is not { } highest || highest < last))
                last = null;
            var count = _inFlight.Count + _waiting.Count;
            return count < 2 || (count < limits.GroupsInFlight && Interlocked.Read(ref _bytesInFlight) < limits.BytesInFlight
                && (!_cursor.Track.Options.Lossless || Volatile.Read(ref _inWriting) < limits.LosslessGroupsInWriting));
        }
    }

    /// <summary>Adds a group that begins to be sent, and gives up the groups that are too old beside it.</summary>
    public void Begin(GroupPublisher group)
    {
        lock (_gate)
        {
            _firstBegun ??= group.Sequence;
            _highestBegun = Math.Max(_highestBegun ?? 0, group.Sequence);
            _waiting.AddLast(group.Place);
            Interlocked.Increment(ref _inWriting);
            ResetOldInFlight(group);
        }

        ResetOldWaiting(group);
    }

    /// <summary>Gives a stream to the waiting group that the subscriber wants first.</summary>
    /// <returns>False if no group waits any more.</returns>
    public bool TrySend(ISendStream stream)
    {
        GroupPublisher group;
        lock (_gate)
        {
            if ((_terms.Ordered ? _waiting.First : _waiting.Last) is not { } next)
                return false;
            group = next.Value;
            group.SetStream(stream, Order(group));
            _waiting.Remove(next);
            _inFlight.AddLast(next);
        }

        group.Send(stream);
        return true;
    }

    /// <summary>Gives up every group that waits for a stream: the connection gives no more streams.</summary>
    public void GiveUpWaiting()
    {
        while (true)
        {
            GroupPublisher group;
            lock (_gate)
            {
                if (_waiting.First is not { } next)
                    return;
                group = next.Value;
            }

            group.Reset(MoqErrorCode.Cancel);
        }
    }

    /// <summary>Takes a group out of those that wait for a stream.</summary>
    /// <returns>False if it has got a stream.</returns>
    public bool TryLeave(LinkedListNode<GroupPublisher> group)
    {
        lock (_gate)
        {
            if (group.List != _waiting)
                return false;
            _waiting.Remove(group);
            OnLeft(group.Value);
        }

        _cursor.Wake();
        return true;
    }

    /// <summary>Counts bytes that a group has handed to its stream.</summary>
    public void OnHanded(long bytes) => Interlocked.Add(ref _bytesInFlight, bytes);

    /// <summary>Notes that a group has handed everything to its stream.</summary>
    public void OnWritten()
    {
        Interlocked.Decrement(ref _inWriting);
        if (_cursor.Track.Options.Lossless)
            _cursor.Wake();
    }

    /// <summary>Removes a group whose stream is over.</summary>
    public void OnDone(LinkedListNode<GroupPublisher> group)
    {
        lock (_gate)
        {
            _inFlight.Remove(group);
            OnLeft(group.Value);
        }

        _cursor.Wake();
    }

    /// <summary>Records that the cache dropped a group whose data is completely queued on its stream but not yet sent.</summary>
    public void OnDroppedInQueue()
    {
        if (Interlocked.Exchange(ref _droppedInQueue, 1) == 0)
            _cursor.Wake();
    }

    /// <summary>Gives up the groups that the cache dropped some time ago and that are still in the queues of their streams.</summary>
    public void ResetLate()
    {
        var (runtime, limit) = (_connection.Runtime, _connection.Limits.DroppedInQueue);
        if (runtime.GetElapsedTime(_lateChecked) < limit)
            return;
        _lateChecked = runtime.GetTimestamp();
        Volatile.Write(ref _droppedInQueue, 0);
        var late = new List<GroupPublisher>();
        lock (_gate)
        {
            foreach (var group in _inFlight)
            {
                if (group.DroppedAt == 0)
                    continue;
                if (runtime.GetElapsedTime(group.DroppedAt) >= limit)
                    late.Add(group);
                else
                    Volatile.Write(ref _droppedInQueue, 1);
            }
        }

        foreach (var group in late)
            group.ResetUnlessSent();
    }

    /// <summary>Gives up every group.</summary>
    public void ResetAll(MoqErrorCode code)
    {
        GroupPublisher[] groups;
        lock (_gate)
            groups = [.. _inFlight, .. _waiting];
        foreach (var group in groups)
            group.Reset(code);
    }

    /// <summary>Applies new delivery terms from the subscriber, including to groups that are being sent.</summary>
    public void Update(DeliveryTerms terms)
    {
        bool isReranked;
        lock (_gate)
        {
            isReranked = terms.Priority != _terms.Priority || terms.Ordered != _terms.Ordered;
            _terms = terms;
            _hasUpdate = true;
            if (isReranked)
            {
                foreach (var group in _inFlight)
                    group.Schedule(Order(group));
            }
        }

        if (isReranked)
            _connection.Sending.Rank();
    }

    private SendOrder Order(GroupPublisher group) => new(Rank, _id, _terms.Ordered ? group.Number : -group.Number);

    private void OnLeft(GroupPublisher group)
    {
        Interlocked.Add(ref _bytesInFlight, -group.Handed);
        if (!group.IsWritten)
            Interlocked.Decrement(ref _inWriting);
    }

    private bool IsOldBeside(GroupPublisher old, GroupPublisher newest) =>
        _cursor.Options.MaxLatency is { } latency && _connection.Runtime.GetElapsedTime(old.CreatedAt, newest.CreatedAt) > latency;

    /// <summary>Gives up groups that are older than the subscriber wants beside the newest, even while they wait for the peer.</summary>
    private void ResetOldInFlight(GroupPublisher newest)
    {
        for (var old = _inFlight.First; old is not null && IsOldBeside(old.Value, newest); old = old.Next)
        {
            if (!old.Value.IsOld && old.Value.Sequence < newest.Sequence)
                old.Value.ResetOld();
        }
    }

    /// <summary>
    /// Gives up the waiting groups that are too old, in the order in which they were begun. Without the lock: they give their groups back.
    /// </summary>
    private void ResetOldWaiting(GroupPublisher newest)
    {
        while (true)
        {
            GroupPublisher old;
            lock (_gate)
            {
                if (_waiting.First is not { } first || first.Value.Sequence >= newest.Sequence || !IsOldBeside(first.Value, newest))
                    return;
                old = first.Value;
            }

            old.ResetOld();
        }
    }
}
