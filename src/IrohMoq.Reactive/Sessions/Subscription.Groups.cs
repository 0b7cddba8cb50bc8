namespace IrohMoq.Reactive.Sessions;

/// <content>Passes the group streams of the subscription to the track.</content>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    /// <summary>Records that a group stream of the subscription has begun.</summary>
    /// <returns>False if there is no reader any more.</returns>
    public bool TryBegin(LinkedListNode<GroupSubscriber> stream)
    {
        _arrivals.OnBegun();
        _track.OnStreamBegun(stream);
        if (!_track.IsUnread)
            return true;
        OnGroupEnded(stream);
        return false;
    }

    /// <summary>Records that a group stream of the subscription has ended.</summary>
    public void OnGroupEnded(LinkedListNode<GroupSubscriber> stream)
    {
        _track.OnStreamEnded(stream);
        _arrivals.OnEnded();
    }

    /// <summary>
    /// Returns the group that a stream carries, either new or partially received from another stream, or null if the group is not
    /// wanted.
    /// </summary>
    /// <exception cref="MoqProtocolException">The publisher has told that the track ends before the group.</exception>
    public ValueTask<GroupProducer?> BeginGroupAsync(GroupSubscriber stream)
    {
        if (!MayArrive(stream.Sequence))
        {
            var violation = Violation($"sent group {stream.Sequence} of {_track.Name}, which ends at group {TrackEnd}");
            FailWith(violation);
            throw violation;
        }

        return Serves() ? _track.BeginGroupAsync(this, stream) : BeginOnceItServesAsync(stream);
    }

    /// <summary>
    /// Determines whether a group may have fewer frames than its publisher has, because no more were asked for. The rest can be fetched.
    /// </summary>
    public bool HasAskedToEndAt(GroupProducer group) =>
        Volatile.Read(ref _updates) is { } updates && updates.HasAskedToEndAt(group.Sequence, group.NextFrame);

    /// <summary>Adds a group that has arrived as a datagram.</summary>
    /// <returns>False if the group is dropped.</returns>
    public bool TryAddDatagram(ulong sequence, ReadOnlySpan<byte> payload, long timestamp)
    {
        if (!MayArrive(sequence) || !Serves() || !_track.Producer.TryAddDatagram(sequence, payload, timestamp))
            return false;
        _arrivals.OnArrived();
        return true;
    }

    public void OnBrokenOff(BrokenGroup group) => _track.OnBrokenOff(this, group);

    private bool Serves()
    {
        if (Volatile.Read(ref _serves))
            return true;
        _track.OnBegunToArrive();
        return false;
    }

    private async ValueTask<GroupProducer?> BeginOnceItServesAsync(GroupSubscriber stream) =>
        await _decided.WaitAsync().ConfigureAwait(false) ? await _track.BeginGroupAsync(this, stream).ConfigureAwait(false) : null;
}
