using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Subscribes to a remote track on behalf of all its local readers. The first subscription uses the connection that announced the
/// broadcast. If the session continues over another connection, a new subscription begins there with the first group that was not
/// received completely, and the old subscription ends once the publisher has accepted the new one. Groups that were in flight are
/// resent, and continue behind the frames that were already received. The track subscriber ends when the publisher ends the track, when
/// the last reader has left, or with the session.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a link has nothing to dispose.")]
internal sealed class TrackSubscriber
{
    private readonly BroadcastProducer _broadcast;
    private readonly RemoteTrack _track;
    private readonly TrackSubscriptions _subscriptions;
    private readonly TrackSources _sources;
    private readonly ConnectionSearch _search;
    private readonly NewestSubscription _newest;
    private readonly Signal _changed;
    private readonly CancellationTokenSource _over = new();
    private bool _isStaying;

    /// <param name="connection">The connection on which the first subscription is made.</param>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="broadcast">The broadcast that has the track.</param>
    /// <param name="track">The track.</param>
    /// <param name="front">The sources between which the track moves, or null if it is read from one session.</param>
    /// <param name="source">The source that is read first, or null if there is no front.</param>
    public TrackSubscriber(
        MoqConnection connection,
        BroadcastPath path,
        BroadcastProducer broadcast,
        TrackProducer track,
        IBroadcastFront? front = null,
        BroadcastProducer? source = null)
    {
        _broadcast = broadcast;
        _changed = new Signal(connection.Runtime);
        _sources = new TrackSources(track.State, front, source, _changed, _over.Token);
        _search = new ConnectionSearch(path, broadcast, _sources, connection.Runtime, _over.Token);
        _track = new RemoteTrack(connection, path, track, _sources, _changed, _over.Token);
        _subscriptions = _track.Subscriptions;
        _newest = new NewestSubscription(_track, _changed, _over.Token);
    }

    public async Task RunAsync()
    {
        var first = _subscriptions.Current;
        SubscriptionEnd end;
        try
        {
            if (first.Connection.Goaway.IsReceived && await _search.FindFirstAsync(first.Connection).ConfigureAwait(false) is { } other)
                _subscriptions.Restart(first = new Subscription(_track, other, start: null));
            _sources.Watch(first);
            _track.Flow.MoveTo(first.Connection.Received, first.Changed);
            first.Serve();
            first.Connection.Watch(first.RunAsync());
            first.Connection.Watch(UnsubscribeWhenUnreadAsync());
            end = await FollowAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            first.Connection.Log.StreamFailed(first.Connection.RemoteName, fault);
            end = SubscriptionEnd.Failed(MoqErrorCode.Transport, $"Reading {_track.Name} failed: {fault.Message}");
            _subscriptions.Current.Withdraw();
        }

        _over.Cancel();
        _sources.Unwatch();
        _track.End(end);
        _broadcast.Remove(_track.Producer);
        _track.Producer.Dispose();
    }

    private async Task UnsubscribeWhenUnreadAsync()
    {
        try
        {
            do
                await _track.Producer.WaitForNoSubscriberAsync(_over.Token).ConfigureAwait(false);
            while (!_broadcast.TryRemoveUnread(_track.Producer));
        }
        catch (OperationCanceledException)
        {
            return;
        }

        _track.OnUnread();
    }

    /// <summary>Moves the track from connection to connection until it ends.</summary>
    /// <returns>The end of the last subscription.</returns>
    private async ValueTask<SubscriptionEnd> FollowAsync()
    {
        for (; !_track.IsUnread; await _changed.WaitAsync().ConfigureAwait(false))
        {
            _track.Flow.UpdateMeters();
            var current = _subscriptions.Current;
            _track.Earlier.Watch(current);
            _newest.Follow(current);
            current = _subscriptions.Current;
            var end = current.End;
            if (end is not null && IsLast(current, end))
                return Last(current.Connection, end);
            if (_track.IsIncomplete(current))
                return GiveUp(current);
            _search.Redirect(current);
            _sources.CutLooped();
            if (_subscriptions.Next is not { } next)
                LookIfNeeded(current, end);
            else if (next.IsAccepted && (next.IsKnown || end is not null) && !_search.IsNowhere && !_sources.IsFoundWithdrawn)
                MoveUnlessAhead(next, end);
            else if ((next.IsAccepted || next.End is not null) && Stay(next, end) is { } refusal)
                return refusal;
        }

        return SubscriptionEnd.Done;
    }

    /// <summary>Determines whether the track ends with a subscription.</summary>
    private bool IsLast(Subscription current, SubscriptionEnd end) =>
        _search.IsNowhere || current.Connection.Host is null || (!end.IsLost && !MayTryOthers(end));

    private bool MayTryOthers(SubscriptionEnd end) => !_subscriptions.IsEnding && _sources.MayTryOthers(end);

    /// <summary>Returns how a track ends that does not continue on another connection.</summary>
    private SubscriptionEnd Last(MoqConnection from, SubscriptionEnd end) => end.IsLost && _search.IsReplaced(from)
        ? SubscriptionEnd.Failed(
            MoqErrorCode.GoingAway,
            $"The publisher of {_track.Name} has gone away, and the track does not go on elsewhere. Subscribe to the broadcast again.",
            isRemote: true)
        : end;

    private SubscriptionEnd GiveUp(Subscription current)
    {
        current.Withdraw();
        return new SubscriptionEnd(MoqErrorCode.Evicted, () => _track.Lost("Groups"), IsLost: false);
    }

    /// <summary>Looks for another connection if the current subscription has ended, and in advance once it is accepted.</summary>
    private void LookIfNeeded(Subscription current, SubscriptionEnd? end)
    {
        // A publisher that has not answered may not know yet at which group the subscription begins.
        var maySearch = !_search.IsRunning && !_search.IsNowhere;
        if (maySearch && (end is not null || (current.IsAccepted && !_isStaying)))
            current.Connection.Watch(LookAsync(current));
    }

    /// <summary>Waits for another connection of the session, or for another source, and subscribes on it.</summary>
    private async Task LookAsync(Subscription current)
    {
        try
        {
            await _search.RunAsync(current, _subscriptions.HasMoved, Begin).ConfigureAwait(false);
        }
        finally
        {
            _changed.Set();
        }

        if (_over.IsCancellationRequested)
            _subscriptions.Next?.Withdraw();
    }

    private void Begin(MoqConnection connection)
    {
        Subscription next;
        var current = _subscriptions.Current;
        if (current.End is not null && _track.IsUntouched(current))
        {
            // Nothing continues: the readers have received nothing, and know nothing of the track.
            next = new Subscription(_track, connection, start: null);
            Restart(next);
        }
        else
        {
            next = new Subscription(_track, connection, _track.FirstWanted);
            _subscriptions.Next = next;
        }

        connection.Watch(next.RunAsync());
    }

    /// <summary>Takes the place of a subscription that has ended before anything was received.</summary>
    private void Restart(Subscription next)
    {
        _subscriptions.Restart(next);
        ReadFrom(next);
        next.Serve();
        // The last reader may have left before the new subscription was current.
        if (_track.IsUnread || _over.IsCancellationRequested)
            next.Withdraw();
    }

    /// <summary>Moves to the next subscription, unless the current one still delivers what the next one does not.</summary>
    private void MoveUnlessAhead(Subscription next, SubscriptionEnd? end)
    {
        if ((end is null && _track.IsAheadOf(next)) || _subscriptions.MoveTo(next) is not { } before)
            return;
        next.Connection.Log.Moved(next.Connection.RemoteName, _track.Path, _track.Producer.Name, next.Start);
        _track.Answers.ContinueAt(next);
        ReadFrom(next);
        before.Withdraw();
        _track.Broken.AwaitFrom(next);
        next.Serve();
        _track.Drops.GiveUp();
        _isStaying = false;
        _changed.Set();
    }

    private void ReadFrom(Subscription next)
    {
        _sources.MoveTo(_search.SourceOn(next.Connection), next);
        _track.Flow.MoveTo(next.Connection.Received, next.Changed);
    }

    /// <summary>
    /// Stays on the current connection until that ends: the next subscription was refused, or its publisher does not tell where it begins
    /// and may skip groups.
    /// </summary>
    /// <returns>The refusal if the current connection has ended and no other one is tried; otherwise null.</returns>
    private SubscriptionEnd? Stay(Subscription next, SubscriptionEnd? end)
    {
        if (next.End is { IsLost: false } refusal)
        {
            if (end is not null && !MayTryOthers(refusal))
                return refusal;
            _sources.OnRefused(refusal);
        }

        _isStaying = true;
        next.Withdraw();
        _subscriptions.Next = null;
        _changed.Set();
        return null;
    }
}
