using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>
/// Begins anew with the newest group if a reader wants that one, while the subscription waits for a group that does not exist yet, because
/// another reader wants none before it. No update can ask for the newest group. A second subscription does, and takes the place of the
/// first one when it is the first to deliver a group.
/// </content>
internal sealed partial class TrackSubscriber
{
    private bool _isAwaitingFirst;

    /// <summary>Records that a group has begun to arrive on a subscription that does not serve the readers.</summary>
    public void OnBegunToArrive() => _changed.Set();

    /// <summary>
    /// Determines whether a reader wants the newest group of a subscription that was to begin with a certain one, and has delivered none.
    /// </summary>
    private bool IsNewestAwaited(Subscription current)
    {
        if (current.RequestedStart is not > 0 || current.End is not null || Subscriptions.Next is not null
            || Subscriptions.IsEnding)
        {
            return false;
        }

        lock (_state.Gate)
            return _state.Sequences.Lowest is null && _state.Readers.AnyBeginsWithNewest;
    }

    private void FollowNewest(Subscription current)
    {
        var newest = Subscriptions.Newest;
        if (!IsNewestAwaited(current))
        {
            Subscriptions.Newest = null;
            newest?.Withdraw();
        }
        else if (newest is null)
        {
            if (_isAwaitingFirst || !(current.IsAccepted || current.IsKnown))
                return;
            _isAwaitingFirst = true;
            current.Connection.Watch(AwaitFirstAsync(current));
        }
        else if (newest.Highest < current.RequestedStart)
        {
            BeginAnew(newest);
        }
        else if (newest.Highest is not null)
        {
            // The group that the subscription begins with exists. It is late, but comes.
            newest.Withdraw();
        }
    }

    /// <summary>
    /// Subscribes from the newest group on, if no group has come for the time that one may take to arrive: what is kept comes at once.
    /// </summary>
    private async Task AwaitFirstAsync(Subscription current)
    {
        try
        {
            await _runtime.DelayAsync(current.LateGroups, _over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (current == Subscriptions.Current && IsNewestAwaited(current))
        {
            var newest = new Subscription(this, current.Connection, start: null, isFromNewest: true);
            Subscriptions.Newest = newest;
            current.Connection.Watch(newest.RunAsync());
            if (_over.IsCancellationRequested)
                newest.Withdraw();
        }

        _isAwaitingFirst = false;
        _changed.Set();
    }

    private void BeginAnew(Subscription newest)
    {
        if (Subscriptions.BeginAnewWith(newest) is not { } before)
            return;
        Answers.BeginAnewAt(newest);
        _flow.MoveTo(newest.Connection.Received, newest.Changed);
        before.Withdraw();
        newest.Serve();
        Drops.GiveUp();
    }
}
