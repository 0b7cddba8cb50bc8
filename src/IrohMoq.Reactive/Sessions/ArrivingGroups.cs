using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Tracks the partially received groups of one track subscription: those with an active stream, and those whose stream broke off while
/// the subscription moves to another connection, which resends them from their first frames. Two streams of the same group never run at
/// once: the later one stops the earlier one and waits for its end. This type is thread-safe.
/// </summary>
internal sealed class ArrivingGroups(Runtime runtime)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<GroupSubscriber> _streams = [];
    private readonly Dictionary<ulong, BrokenGroup> _broken = [];
    private bool _isOver;

    /// <summary>Gets the lowest sequence number of the partially received groups, or null if there is none.</summary>
    public ulong? Lowest
    {
        get
        {
            lock (_gate)
                return _streams.Select(static stream => stream.Sequence).Concat(_broken.Keys).Min(static sequence => (ulong?)sequence);
        }
    }

    public void Add(LinkedListNode<GroupSubscriber> stream)
    {
        lock (_gate)
            _streams.AddLast(stream);
    }

    public void Remove(LinkedListNode<GroupSubscriber> stream)
    {
        lock (_gate)
        {
            _streams.Remove(stream);
            stream.Value.Successor?.Set();
            stream.Value.Successor = null;
        }
    }

    /// <summary>Calls an action for each active stream.</summary>
    public void ForEach(Action<GroupSubscriber> tell)
    {
        lock (_gate)
        {
            foreach (var stream in _streams)
                tell(stream);
        }
    }

    /// <summary>
    /// Lets a stream continue a group that another stream has begun. The stream appends to the frames that were already received.
    /// </summary>
    /// <param name="successor">The stream that continues the group.</param>
    /// <param name="mayStopOther">
    /// True if the stream belongs to the current connection. A stream of a former connection must not stop a stream of the current one.
    /// </param>
    /// <returns>
    /// The group; or null if the group is complete or was aborted, or if its earlier stream belongs to the same connection or must not
    /// be stopped.
    /// </returns>
    public async ValueTask<GroupProducer?> TakeOverAsync(GroupSubscriber successor, bool mayStopOther)
    {
        while (true)
        {
            Signal ended;
            lock (_gate)
            {
                if (_broken.Remove(successor.Sequence, out var broken))
                    return broken.Group;
                // A stream that another stream waits for must not wait itself: two streams could wait for each other.
                if (!mayStopOther || successor.Successor is not null)
                    return null;
                var before = _streams.LastOrDefault(stream => stream != successor && stream.Sequence == successor.Sequence);
                if (before is not { Successor: null } || before.IsBeside(successor))
                    return null;
                before.Successor = ended = new Signal(runtime);
                before.Stop(MoqErrorCode.Cancel);
            }

            await ended.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Keeps a group whose stream broke off until another stream resends it. The caller must not use the group afterwards.
    /// </summary>
    /// <returns>False if no further stream will arrive, or if the group is kept already.</returns>
    public bool TryKeep(BrokenGroup broken)
    {
        lock (_gate)
            return !_isOver && _broken.TryAdd(broken.Group.Sequence, broken);
    }

    /// <summary>Aborts the groups in a range that will not be resent.</summary>
    public void GiveUp(ulong first, ulong last)
    {
        foreach (var sequence in BrokenBetween(first, last))
            GiveUp(sequence);
    }

    /// <summary>Aborts every group that waits to be resent, and lets <see cref="TryKeep"/> fail from now on.</summary>
    public void End()
    {
        lock (_gate)
            _isOver = true;
        GiveUp(0, ulong.MaxValue);
    }

    /// <summary>Returns the sequence numbers of the groups in a range that wait to be resent.</summary>
    public ulong[] BrokenBetween(ulong first, ulong last)
    {
        lock (_gate)
            return [.. _broken.Keys.Where(sequence => sequence >= first && sequence <= last)];
    }

    private void GiveUp(ulong sequence)
    {
        BrokenGroup broken;
        lock (_gate)
        {
            if (!_broken.Remove(sequence, out broken))
                return;
        }

        broken.Group.BreakOff(broken.Code, broken.IsRemote);
    }
}

/// <summary>
/// Represents a group whose stream broke off, with the error code that its readers receive unless another stream resends the group.
/// </summary>
internal readonly record struct BrokenGroup(GroupProducer Group, MoqErrorCode Code, bool IsRemote)
{
    /// <summary>Gets a value indicating whether the connection has ended, of which it may not know yet itself.</summary>
    public bool IsLost { get; private init; }

    /// <summary>Returns the group with the code for the exception with which its stream broke off.</summary>
    public static BrokenGroup Of(GroupProducer group, Exception failure, MoqConnection connection) => failure switch
    {
        MoqException known => new BrokenGroup(group, known.Code, known.IsRemote),
        TransportStreamException over => new BrokenGroup(group, over.ProtocolCode(connection.Version), over.IsRemote),
        TransportClosedException closed =>
            new BrokenGroup(group, connection.CodeOf(closed), closed.End.IsRemote) { IsLost = true },
        _ => new BrokenGroup(group, MoqErrorCode.Transport, false),
    };
}
