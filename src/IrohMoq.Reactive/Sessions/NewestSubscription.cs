using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Lets a remote track begin anew with the newest group if a reader wants that one, while the subscription waits for a group that does not
/// exist yet, because another reader wants none before it. No update can ask for the newest group. A second subscription does, and takes
/// the place of the first one when it is the first to deliver a group.
/// </summary>
/// <param name="track">The track.</param>
/// <param name="changed">The signal to set when <see cref="Follow"/> may have something to do.</param>
/// <param name="over">The token that is canceled when the track has ended.</param>
internal sealed class NewestSubscription(RemoteTrack track, Signal changed, CancellationToken over)
{
    private readonly TrackState _state = track.Producer.State;
    private readonly TrackSubscriptions _subscriptions = track.Subscriptions;
    private bool _isAwaitingFirst;

    /// <summary>Makes, uses or ends the second subscription, as the current one requires.</summary>
    public void Follow(Subscription current)
    {
        var newest = _subscriptions.Newest;
        if (!IsAwaited(current))
        {
            _subscriptions.Newest = null;
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
    /// Determines whether a reader wants the newest group of a subscription that was to begin with a certain one, and has delivered none.
    /// </summary>
    private bool IsAwaited(Subscription current)
    {
        if (current.RequestedStart is not > 0 || current.End is not null || _subscriptions.Next is not null || _subscriptions.IsEnding)
            return false;
        lock (_state.Gate)
            return _state.Sequences.Lowest is null && _state.Readers.AnyBeginsWithNewest;
    }

    /// <summary>
    /// Subscribes from the newest group on, if no group has come for the time that one may take to arrive: what is kept comes at once.
    /// </summary>
    private async Task AwaitFirstAsync(Subscription current)
    {
        try
        {
            await _state.Runtime.DelayAsync(current.LateGroups, over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (current == _subscriptions.Current && IsAwaited(current))
        {
            var newest = new Subscription(track, current.Connection, start: null, isFromNewest: true);
            _subscriptions.Newest = newest;
            current.Connection.Watch(newest.RunAsync());
            if (over.IsCancellationRequested)
                newest.Withdraw();
        }

        _isAwaitingFirst = false;
        changed.Set();
    }

    private void BeginAnew(Subscription newest)
    {
        if (_subscriptions.BeginAnewWith(newest) is not { } before)
            return;
        track.Answers.BeginAnewAt(newest);
        track.Flow.MoveTo(newest.Connection.Received, newest.Changed);
        before.Withdraw();
        newest.Serve();
        track.Drops.GiveUp();
    }
}
