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
internal sealed partial class TrackSubscriber
{
    private readonly BroadcastProducer _broadcast;
    private readonly TrackState _state;
    private readonly Runtime _runtime;
    private readonly ArrivingGroups _arriving;
    private readonly ReceiveFlow _flow;
    private readonly LostGroups _lost;
    private readonly Signal _changed;
    private readonly Signal _formerEnded;
    private readonly CancellationTokenSource _over = new();
    private readonly BrokenGroups _broken;
    private bool _isUnread;

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
        (Path, Track, _state, _broadcast) = (path, track, track.State, broadcast);
        _runtime = connection.Runtime;
        _changed = new Signal(_runtime);
        _formerEnded = new Signal(_runtime);
        _arriving = new ArrivingGroups(_runtime);
        _lost = new LostGroups(_state, _arriving);
        Earlier = new EarlierArrivals(_state, _over.Token);
        _sources = new TrackSources(_state, front, source, _changed, _over.Token);
        _search = new ConnectionSearch(path, broadcast, _sources, _runtime, _over.Token);
        _flow = connection.Limits.Flow(track, _arriving, connection.Received, _changed);
        ReadersTerms = new ReadersTerms(track, _flow);
        Awaited = new AwaitedGroups(track, _arriving);
        Subscriptions = new TrackSubscriptions(new Subscription(this, connection, start: null));
        Answers = new PublisherAnswers(_state, Subscriptions, ReadersTerms, _changed);
        Drops = new DroppedGroups(_state, Subscriptions, _arriving, _lost, _changed);
        _broken = new BrokenGroups(_state, Subscriptions, _sources, _arriving, _lost, _changed, _over.Token);
    }

    public BroadcastPath Path { get; }

    public TrackProducer Track { get; }

    /// <summary>Gets the groups before the first one of the subscription, which a later reader has requested.</summary>
    public EarlierArrivals Earlier { get; }

    /// <summary>Gets the combined delivery terms of the readers.</summary>
    public ReadersTerms ReadersTerms { get; }

    /// <summary>Gets the groups that are waited for when the publisher has ended the subscription.</summary>
    public AwaitedGroups Awaited { get; }

    /// <summary>Gets the subscriptions of the track.</summary>
    public TrackSubscriptions Subscriptions { get; }

    /// <summary>Gets what applies the answers of the publishers.</summary>
    public PublisherAnswers Answers { get; }

    /// <summary>Gets what applies the reports of the publishers about groups that will not arrive.</summary>
    public DroppedGroups Drops { get; }

    public string Name => $"track '{Track.Name}' of '{Path}'";

    /// <summary>Gets a value indicating whether the track has no local reader any more.</summary>
    public bool IsUnread => Volatile.Read(ref _isUnread);

    /// <summary>
    /// Gets a value indicating whether the publisher waits for readers that it cannot observe: it must not begin a further group at
    /// all, or only as the readers progress.
    /// </summary>
    public bool IsHeldBack
    {
        get
        {
            lock (_state.Gate)
                return _flow.IsPaused || _state.IsWhole;
        }
    }

    public async Task RunAsync()
    {
        var first = Subscriptions.Current;
        SubscriptionEnd end;
        try
        {
            if (first.Connection.Goaway.IsReceived && await _search.FindFirstAsync(first.Connection).ConfigureAwait(false) is { } other)
                Subscriptions.Restart(first = new Subscription(this, other, start: null));
            _sources.Watch(first);
            _flow.MoveTo(first.Connection.Received, first.Changed);
            first.Serve();
            first.Connection.Watch(first.RunAsync());
            first.Connection.Watch(UnsubscribeWhenUnreadAsync());
            end = await FollowAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            first.Connection.Log.StreamFailed(first.Connection.RemoteName, fault);
            end = SubscriptionEnd.Failed(MoqErrorCode.Transport, $"Reading {Name} failed: {fault.Message}");
            Subscriptions.Current.Withdraw();
        }

        End(end);
    }

    private void End(SubscriptionEnd end)
    {
        _over.Cancel();
        _sources.Unwatch();
        Subscriptions.WithdrawOthers();
        // The last reader may have left while the track subscriber moved.
        if (IsUnread)
            Subscriptions.Current.Withdraw();
        _arriving.End();
        if (end.Failure is { } failure)
            _state.Fail(end.Code, failure);
        _flow.End();
        _flow.UpdateMeters();
        _broadcast.Remove(Track);
        Track.Dispose();
    }

    /// <summary>
    /// Records that the publisher has accepted a subscription and told where it begins: readers no longer wait for it, and the track
    /// subscriber may move to it.
    /// </summary>
    public void OnAnswered()
    {
        _state.OnAnswered();
        _changed.Set();
    }

    public void OnStreamBegun(LinkedListNode<GroupSubscriber> stream) => _flow.Add(stream);

    public void OnStreamEnded(LinkedListNode<GroupSubscriber> stream)
    {
        _arriving.Remove(stream);
        // It may be the last one for which a move waits.
        if (Subscriptions.Next is not null)
            _changed.Set();
    }

    public ValueTask<GroupProducer?> BeginGroupAsync(Subscription from, GroupSubscriber stream)
    {
        if (Track.TryCreateGroup(stream.Sequence, stream.FrameStart) is not { } group)
            return _arriving.TakeOverAsync(stream, mayStopOther: from == Subscriptions.Current);
        // It may be the first one, for which another subscription was made.
        if (Subscriptions.Newest is not null)
            _changed.Set();
        return new(group);
    }

    /// <summary>
    /// Ends the track locally, after the publisher has ended it and no group stream is active on this connection, and waits until the
    /// readers have read everything.
    /// </summary>
    /// <returns>
    /// True if a reader has read everything, false if none has, or null if the track subscriber has moved to another connection.
    /// </returns>
    public async ValueTask<bool?> FinishAsync(Subscription subscription)
    {
        if (!Subscriptions.TryEndWith(subscription))
            return null;

        // The publisher still serves this subscription, so it can tell that the other one is not needed in addition.
        Subscriptions.WithdrawOthers();
        while (Subscriptions.IsAnyFormer)
            await _formerEnded.WaitAsync().ConfigureAwait(false);
        Drops.GiveUp();
        if (_lost.CountAtEnd(subscription.TrackEnd, subscription.WantsAll) is > 0 and var lost)
            throw Lost($"{lost} groups");
        _arriving.End();
        Track.Finish();
        // The publisher waits for the readers.
        await Track.WaitForNoSubscriberAsync().ConfigureAwait(false);
        return Track.ReaderTotals.Completed > 0;
    }

    /// <summary>Records that a subscription has ended.</summary>
    public void OnEnded(Subscription subscription)
    {
        Subscriptions.Remove(subscription);
        Drops.GiveUp();
        _formerEnded.Set();
        _changed.Set();
    }

    private async Task UnsubscribeWhenUnreadAsync()
    {
        try
        {
            do
                await Track.WaitForNoSubscriberAsync(_over.Token).ConfigureAwait(false);
            while (!_broadcast.TryRemoveUnread(Track));
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (Subscriptions.IsEnding)
            return;

        Volatile.Write(ref _isUnread, true);
        Track.Abort(MoqErrorCode.Cancel);
        Subscriptions.Current.Withdraw();
        _arriving.ForEach(static stream => stream.Stop(MoqErrorCode.Cancel));
        _changed.Set();
    }
}
