using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The groups of one reading that have come in part: those whose streams are under way, and those whose streams broke off because the
/// reading moves to another connection, which sends them again from their first frames. Two streams of one group never run at once: the
/// later one stops the other and waits for its end. This type is thread-safe.
/// </summary>
internal sealed class ArrivingGroups(Runtime runtime)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<GroupSubscriber> _streams = [];
    private readonly Dictionary<ulong, BrokenGroup> _broken = [];
    private bool _isOver;

    /// <summary>Gets the lowest number of a group that has come in part, or null.</summary>
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

    /// <summary>Calls an action for each stream that is under way.</summary>
    public void ForEach(Action<GroupSubscriber> tell)
    {
        lock (_gate)
        {
            foreach (var stream in _streams)
                tell(stream);
        }
    }

    /// <summary>Lets a stream go on with a group that another stream has begun, behind the frames that are here.</summary>
    /// <param name="successor">The stream.</param>
    /// <param name="mayStopOther">
    /// True if the stream comes over the current connection. A stream of a connection that the reading has left must not stop one of the
    /// current connection.
    /// </param>
    /// <returns>
    /// The group, or null if it is whole or given up, or if its stream runs on the same connection or on the one that stays.
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

    /// <summary>Keeps a group whose stream broke off until another stream brings it again. The caller does not use it any more.</summary>
    /// <returns>False if no stream comes any more.</returns>
    public bool TryKeep(BrokenGroup broken)
    {
        lock (_gate)
            return !_isOver && _broken.TryAdd(broken.Group.Sequence, broken);
    }

    /// <summary>Gives up groups that are not sent again.</summary>
    public void GiveUp(ulong first, ulong last)
    {
        foreach (var sequence in BrokenBetween(first, last))
            GiveUp(sequence);
    }

    /// <summary>Gives up every group: none is sent again.</summary>
    public void End()
    {
        lock (_gate)
            _isOver = true;
        GiveUp(0, ulong.MaxValue);
    }

    /// <summary>Returns the groups that wait to be sent again.</summary>
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

/// <summary>A group whose stream broke off, and the code that its readers get unless another stream brings it.</summary>
internal readonly record struct BrokenGroup(GroupProducer Group, MoqErrorCode Code, bool IsRemote);
