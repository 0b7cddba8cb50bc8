using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the groups of one subscription of the peer that are being sent: those that have a stream, and those that wait for one.
/// The window limits their number and bytes, and applies the delivery terms of the subscriber. This type is thread-safe.
/// </summary>
internal sealed partial class SendWindow
{
    private readonly MoqConnection _connection;
    private readonly TrackCursor _cursor;
    private readonly ulong _id;
    private readonly bool _wantsAll;
    private readonly Lock _gate = new();
    // In the order in which the groups were begun.
    private readonly LinkedList<GroupPublisher> _inFlight = [];
    private readonly LinkedList<GroupPublisher> _waiting = [];
    private DeliveryTerms _terms;
    private ulong? _firstBegun;
    private ulong? _highestBegun;
    private bool _hasUpdate;
    private long _bytesInFlight;
    private int _inWriting;

    public SendWindow(MoqConnection connection, TrackCursor cursor, Subscribe subscribe)
    {
        _connection = connection;
        _cursor = cursor;
        _id = subscribe.Id;
        _terms = subscribe.Terms;
        _wantsAll = SubscriptionTerms.WantsAll(subscribe.Terms);
    }

    /// <summary>
    /// Gets the priority of the subscription: the priority that the subscriber requested in the high byte, and the priority of the
    /// track in the low byte. See moq-lite, "Priority".
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

    /// <summary>Gets a value indicating whether no group is being sent and none waits for a stream.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _inFlight.Count + _waiting.Count == 0;
        }
    }

    /// <summary>
    /// Gets a value that indicates whether the oldest group is sent first. In moq-lite-06 the newest one is, except on a lossless track,
    /// where later groups would take the credit that the group needs for which the reader waits.
    /// </summary>
    private bool IsOldestFirst => _connection.Version.HasRoutes ? _cursor.Track.IsLossless : _terms.Ordered;

    private ushort Rank => (ushort)((_terms.Priority << 8) | _cursor.Track.Priority);

    /// <summary>Gets a value indicating whether the subscriber limits how far a lossless track may run ahead of its readers.</summary>
    private bool IsWindowed => _wantsAll && _cursor.Track.IsLossless;

    /// <summary>
    /// Gets the last group that may be sent to a subscriber of a lossless track before its first update, which sets the limit from then
    /// on; or null for no limit. Otherwise a fast sequence of small groups could fill the subscriber's share before the update arrives.
    /// </summary>
    private ulong? FirstWindow =>
        IsWindowed && !_hasUpdate && _firstBegun is { } first ? first + (ulong)_connection.Limits.FirstGroups : null;

    /// <summary>Determines whether another group may be begun without exceeding the limits.</summary>
    /// <param name="last">The highest sequence number that the group may have, or null for no limit.</param>
    public bool MayBegin(out ulong? last)
    {
        var limits = _connection.Limits;
        lock (_gate)
        {
            last = _terms.EndGroup ?? FirstWindow;
            // Sequence numbers may have gaps, and a subscriber that skips old groups lets the publisher pass groups: while the limit of a
            // lossless track is not reached, the next group may lie beyond it. Otherwise such a subscriber would never advance the limit.
            if (_cursor.Track.IsLossless && (_highestBegun is not { } highest || highest < last))
                last = null;
            var count = _inFlight.Count + _waiting.Count;
            return count < 2 || (count < limits.GroupsInFlight && Interlocked.Read(ref _bytesInFlight) < limits.BytesInFlight
                && (!_cursor.Track.IsLossless || Volatile.Read(ref _inWriting) < limits.LosslessGroupsInWriting));
        }
    }

    /// <summary>Adds a group that is about to be sent, and resets the groups that are too old compared with it.</summary>
    public void Begin(GroupPublisher group)
    {
        lock (_gate)
        {
            _firstBegun ??= group.Sequence;
            _highestBegun = Math.Max(_highestBegun ?? 0, group.Sequence);
            Wait(group);
            Interlocked.Increment(ref _inWriting);
            if (_newest is null || group.Sequence > _newest.Sequence)
                Volatile.Write(ref _newest, group);
        }

        ResetOld(group);
    }

    /// <summary>Assigns a stream to the waiting group that the subscriber wants first, and starts to send the group.</summary>
    /// <returns>False if no group waits any more.</returns>
    public bool TrySend(ISendStream stream)
    {
        GroupPublisher group;
        lock (_gate)
        {
            if ((IsOldestFirst ? _waiting.First : _waiting.Last) is not { } next)
                return false;
            group = next.Value;
            group.SetStream(stream, Order(group));
            _waiting.Remove(next);
            _inFlight.AddLast(next);
        }

        group.Send(stream);
        return true;
    }

    /// <summary>Resets every group that waits for a stream, because the connection opens no more streams.</summary>
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

    /// <summary>Removes a group from those that wait for a stream.</summary>
    /// <returns>False if the group has a stream already.</returns>
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

    /// <summary>Adds bytes that a group has passed to its stream.</summary>
    public void OnHanded(long bytes) => Interlocked.Add(ref _bytesInFlight, bytes);

    /// <summary>Records that a group has passed all its data to its stream.</summary>
    public void OnWritten()
    {
        Interlocked.Decrement(ref _inWriting);
        if (_cursor.Track.IsLossless)
            _cursor.Wake();
    }

    /// <summary>Removes a group whose stream has ended.</summary>
    public void OnDone(LinkedListNode<GroupPublisher> group)
    {
        lock (_gate)
        {
            _inFlight.Remove(group);
            OnLeft(group.Value);
        }

        _cursor.Wake();
    }

    /// <summary>Resets every group.</summary>
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

    /// <summary>
    /// Adds a group to those that wait for a stream, in the order of their numbers: a group that the subscriber has requested later may be
    /// older than those that wait.
    /// </summary>
    private void Wait(GroupPublisher group)
    {
        var before = _waiting.Last;
        while (before is not null && before.Value.Sequence > group.Sequence)
            before = before.Previous;
        if (before is null)
            _waiting.AddFirst(group.Place);
        else
            _waiting.AddAfter(before, group.Place);
    }

    private SendOrder Order(GroupPublisher group) => new(Rank, _id, IsOldestFirst ? (long)group.Sequence : -(long)group.Sequence);

    private void OnLeft(GroupPublisher group)
    {
        Interlocked.Add(ref _bytesInFlight, -group.Handed);
        if (!group.IsWritten)
            Interlocked.Decrement(ref _inWriting);
    }
}
