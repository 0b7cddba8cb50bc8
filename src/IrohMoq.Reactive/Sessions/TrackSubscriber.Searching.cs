using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>Subscribes on the connection on which the track continues, and decides whether it does.</content>
internal sealed partial class TrackSubscriber
{
    private readonly TrackSources _sources;
    private readonly ConnectionSearch _search;

    /// <summary>Gets a value indicating whether the track is read from one of several sources.</summary>
    public bool HasSources => _sources.MayChange;

    /// <summary>
    /// Refuses the answer of a source that was withdrawn before it has answered. A peer tells of a withdrawal before it answers a later
    /// request, so that the answer comes from what has the name now, which may have other content.
    /// </summary>
    /// <exception cref="MoqStreamException">The source was withdrawn. Another source is asked.</exception>
    public void ThrowIfReplaced(Subscription subscription)
    {
        if (HasSources && !subscription.IsAccepted && subscription == Volatile.Read(ref _current) && _sources.IsCurrentWithdrawn)
            throw new MoqStreamException(MoqErrorCode.NotFound, $"The peer has withdrawn '{Path}' before it has answered for {Name}.");
    }

    /// <summary>Determines whether the track ends with a subscription.</summary>
    private bool IsLast(Subscription current, SubscriptionEnd end) =>
        _search.IsNowhere || current.Connection.Host is null || (!end.IsLost && !MayTryOthers(end));

    private bool MayTryOthers(SubscriptionEnd end) => !Volatile.Read(ref _isEnding) && _sources.MayTryOthers(end);

    /// <summary>Returns how a track ends that does not continue on another connection.</summary>
    private SubscriptionEnd Last(MoqConnection from, SubscriptionEnd end) => end.IsLost && _search.IsReplaced(from)
        ? SubscriptionEnd.Failed(
            MoqErrorCode.GoingAway,
            $"The publisher of {Name} has gone away, and the track does not go on elsewhere. Subscribe to the broadcast again.",
            isRemote: true)
        : end;

    /// <summary>Waits for another connection of the session, or for another source, and subscribes on it.</summary>
    private async Task LookAsync(Subscription current)
    {
        try
        {
            await _search.RunAsync(current, HasMoved, Begin).ConfigureAwait(false);
        }
        finally
        {
            _changed.Set();
        }

        if (_over.IsCancellationRequested)
            Volatile.Read(ref _next)?.Withdraw();
    }

    private void Begin(MoqConnection connection)
    {
        Subscription next;
        var current = Volatile.Read(ref _current);
        if (current.End is not null && IsUntouched(current))
        {
            // Nothing continues: the readers have received nothing, and know nothing of the track.
            next = new Subscription(this, connection, start: null);
            Continue(next);
        }
        else
        {
            next = new Subscription(this, connection, FirstWanted());
            Volatile.Write(ref _next, next);
        }

        connection.Watch(next.RunAsync());
    }

    /// <summary>Aborts a group that was reset, unless its source is left in time.</summary>
    private async Task ExpireUnlessLeftAsync(Subscription from, ulong sequence)
    {
        try
        {
            await _runtime.DelayAsync(from.LateGroups, _over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // What is left over after the move is aborted there. A subscription that was reset ends soon, and is left then.
        if (from == Volatile.Read(ref _current) && from is { IsReset: false, End: null } && _sources.ReasonToLeave(from) == Departure.None)
            _arriving.GiveUp(sequence, sequence);
    }
}
