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
    private readonly Signal _leftEnded;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _gate = new();
    // Former subscriptions that are not over yet: their groups may still be in flight.
    private readonly HashSet<Subscription> _left = [];
    private Subscription _current;
    private bool _isUnread;
    private bool _isEnding;

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
        _leftEnded = new Signal(_runtime);
        _arriving = new ArrivingGroups(_runtime);
        _lost = new LostGroups(_state, _arriving);
        Earlier = new EarlierArrivals(_state, _over.Token);
        _sources = new TrackSources(_state, front, source, _changed, _over.Token);
        _search = new ConnectionSearch(path, broadcast, _sources, _runtime, _over.Token);
        _flow = connection.Limits.Flow(track, _arriving, connection.Received, _changed);
        ReadersTerms = new ReadersTerms(track, _flow);
        Awaited = new AwaitedGroups(track, _arriving);
        _current = new Subscription(this, connection, start: null);
    }

    public BroadcastPath Path { get; }

    public TrackProducer Track { get; }

    /// <summary>Gets the groups before the first one of the subscription, which a later reader has requested.</summary>
    public EarlierArrivals Earlier { get; }

    /// <summary>Gets the combined delivery terms of the readers.</summary>
    public ReadersTerms ReadersTerms { get; }

    /// <summary>Gets the groups that are waited for when the publisher has ended the subscription.</summary>
    public AwaitedGroups Awaited { get; }

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
        var first = _current;
        SubscriptionEnd end;
        try
        {
            if (first.Connection.Goaway.IsReceived && await _search.FindFirstAsync(first.Connection).ConfigureAwait(false) is { } other)
                Volatile.Write(ref _current, first = new Subscription(this, other, start: null));
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
            _current.Withdraw();
        }

        End(end);
    }

    private void End(SubscriptionEnd end)
    {
        _over.Cancel();
        _sources.Unwatch();
        Volatile.Read(ref _next)?.Withdraw();
        Volatile.Read(ref _newest)?.Withdraw();
        // The last reader may have left while the track subscriber moved.
        if (IsUnread)
            _current.Withdraw();
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
        if (Volatile.Read(ref _next) is not null)
            _changed.Set();
    }

    public ValueTask<GroupProducer?> BeginGroupAsync(Subscription from, GroupSubscriber stream)
    {
        if (Track.TryCreateGroup(stream.Sequence, stream.FrameStart) is not { } group)
            return _arriving.TakeOverAsync(stream, mayStopOther: from == Volatile.Read(ref _current));
        // It may be the first one, for which another subscription was made.
        if (Volatile.Read(ref _newest) is not null)
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
        lock (_gate)
        {
            if (_current != subscription)
                return null;
            _isEnding = true;
        }

        // The publisher still serves this subscription, so it can tell that the other one is not needed in addition.
        Volatile.Read(ref _next)?.Withdraw();
        Volatile.Read(ref _newest)?.Withdraw();
        while (IsAnyLeft)
            await _leftEnded.WaitAsync().ConfigureAwait(false);
        TakeDrops();
        if (_lost.CountAtEnd(subscription.TrackEnd, subscription.WantsAll) is > 0 and var lost)
            throw Lost($"{lost} groups");
        _arriving.End();
        if (subscription.TrackEnd is { } trackEnd)
            Awaited.GiveUpTail(subscription.Start, trackEnd);
        Track.Finish();
        // The publisher waits for the readers.
        await Track.WaitForNoSubscriberAsync().ConfigureAwait(false);
        return Track.ReaderTotals.Completed > 0;
    }

    /// <summary>Records that a subscription has ended.</summary>
    public void OnEnded(Subscription subscription)
    {
        lock (_gate)
            _left.Remove(subscription);
        TakeDrops();
        _leftEnded.Set();
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

        lock (_gate)
        {
            if (_isEnding)
                return;
        }

        Volatile.Write(ref _isUnread, true);
        Track.Abort(MoqErrorCode.Cancel);
        Volatile.Read(ref _current).Withdraw();
        _arriving.ForEach(static stream => stream.Stop(MoqErrorCode.Cancel));
        _changed.Set();
    }
}
