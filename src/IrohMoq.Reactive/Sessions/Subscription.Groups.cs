using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>The group streams of one subscription, and the wait for those that are late.</summary>
internal sealed partial class Subscription
{
    private static readonly TimeSpan LongestLateGroups = TimeSpan.FromSeconds(2);

    private readonly Signal _groupsChanged;
    private long _lastGroup;
    private int _underWay;

    /// <summary>A group of the subscription has begun to arrive.</summary>
    /// <returns>False if nobody wants it any more.</returns>
    public bool TryBegin(LinkedListNode<GroupSubscriber> stream)
    {
        Interlocked.Increment(ref _underWay);
        _reading.OnStreamBegun(stream);
        if (!_reading.IsUnread)
            return true;
        OnGroupEnded(stream);
        return false;
    }

    public void OnGroupEnded(LinkedListNode<GroupSubscriber> stream)
    {
        _reading.OnStreamEnded(stream);
        Volatile.Write(ref _lastGroup, Connection.Runtime.GetTimestamp());
        Interlocked.Decrement(ref _underWay);
        _groupsChanged.Set();
    }

    /// <summary>
    /// What the peer is told of a group that is here already. Twice on one connection is its fault; what another connection has brought is merely not wanted again, and a publisher of a lossless track must not take that for a loss.
    /// </summary>
    public MoqErrorCode RefusalOfKnownGroup => Volatile.Read(ref _serves) && !_reading.HasMoved ? MoqErrorCode.Duplicate : MoqErrorCode.Cancel;

    /// <summary>The group that a stream brings, from its beginning or behind what another stream has brought. Null if it is not wanted.</summary>
    public ValueTask<GroupProducer?> BeginGroupAsync(GroupSubscriber stream) => Volatile.Read(ref _serves) ? _reading.BeginGroupAsync(this, stream) : BeginOnceItServesAsync(stream);

    public void OnBrokenOff(BrokenGroup group) => _reading.OnBrokenOff(this, group);

    private async ValueTask<GroupProducer?> BeginOnceItServesAsync(GroupSubscriber stream) =>
        await _decided.WaitAsync().ConfigureAwait(false) ? await _reading.BeginGroupAsync(this, stream).ConfigureAwait(false) : null;

    /// <summary>What the answer took says how far the publisher is away: so long, and a lost packet or two, a group may be under way.</summary>
    private TimeSpan Late(TimeSpan answer)
    {
        var late = 3 * answer;
        return late < Connection.Limits.LateGroups ? Connection.Limits.LateGroups : late > LongestLateGroups ? LongestLateGroups : late;
    }

    /// <summary>Some publishers end a subscription right after queueing its last group: waits until no group is under way and none has come for a moment.</summary>
    private async ValueTask WaitForLateGroupsAsync()
    {
        var from = Connection.Runtime.GetTimestamp();
        while (true)
        {
            await WaitForGroupsAsync().ConfigureAwait(false);
            if (Connection.Transport.Closed.IsCompleted)
            {
                await DrainAsync().ConfigureAwait(false);
                return;
            }

            var quiet = Connection.Runtime.GetElapsedTime(Math.Max(from, Volatile.Read(ref _lastGroup)));
            if (quiet >= LateGroups)
                return;
            await Connection.Runtime.DelayAsync(LateGroups - quiet).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitForGroupsAsync()
    {
        while (Volatile.Read(ref _underWay) > 0)
            await _groupsChanged.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>The connection is over: waits until what had arrived is taken.</summary>
    private async ValueTask DrainAsync()
    {
        _decided.TrySet(false);
        await Connection.StreamsDrained.ConfigureAwait(false);
        await WaitForGroupsAsync().ConfigureAwait(false);
    }
}
