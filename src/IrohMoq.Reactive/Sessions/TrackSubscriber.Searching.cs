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
        if (HasSources && !subscription.IsAccepted && subscription == Subscriptions.Current && _sources.IsCurrentWithdrawn)
            throw new MoqStreamException(MoqErrorCode.NotFound, $"The peer has withdrawn '{Path}' before it has answered for {Name}.");
    }

    /// <summary>Determines whether the track ends with a subscription.</summary>
    private bool IsLast(Subscription current, SubscriptionEnd end) =>
        _search.IsNowhere || current.Connection.Host is null || (!end.IsLost && !MayTryOthers(end));

    private bool MayTryOthers(SubscriptionEnd end) => !Subscriptions.IsEnding && _sources.MayTryOthers(end);

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
            await _search.RunAsync(current, Subscriptions.HasMoved, Begin).ConfigureAwait(false);
        }
        finally
        {
            _changed.Set();
        }

        if (_over.IsCancellationRequested)
            Subscriptions.Next?.Withdraw();
    }

    private void Begin(MoqConnection connection)
    {
        Subscription next;
        var current = Subscriptions.Current;
        if (current.End is not null && IsUntouched(current))
        {
            // Nothing continues: the readers have received nothing, and know nothing of the track.
            next = new Subscription(this, connection, start: null);
            Continue(next);
        }
        else
        {
            next = new Subscription(this, connection, FirstWanted());
            Subscriptions.Next = next;
        }

        connection.Watch(next.RunAsync());
    }
}
