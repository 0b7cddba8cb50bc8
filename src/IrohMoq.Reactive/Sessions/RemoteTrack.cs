using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents one remote track, which all its local readers share: what they want, what was received, and the subscriptions over which it
/// arrives. The subscriptions pass on here what their publishers send. A <see cref="TrackSubscriber"/> decides on which connections there
/// are subscriptions. This type is thread-safe.
/// </summary>
internal sealed class RemoteTrack
{
    private readonly TrackState _state;
    private readonly TrackSources _sources;
    private readonly ArrivingGroups _arriving;
    private readonly LostGroups _lost;
    private readonly Signal _changed;
    private readonly Signal _formerEnded;
    private bool _isUnread;

    /// <param name="connection">The connection on which the first subscription is made.</param>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="producer">The track, as it is published here.</param>
    /// <param name="sources">The sources between which the track moves.</param>
    /// <param name="changed">The signal to set when the track subscriber may have something to do.</param>
    /// <param name="over">The token that is canceled when the track has ended.</param>
    public RemoteTrack(
        MoqConnection connection,
        BroadcastPath path,
        TrackProducer producer,
        TrackSources sources,
        Signal changed,
        CancellationToken over)
    {
        (Path, Producer, _state, _sources, _changed) = (path, producer, producer.State, sources, changed);
        _formerEnded = new Signal(connection.Runtime);
        _arriving = new ArrivingGroups(connection.Runtime);
        _lost = new LostGroups(_state, _arriving);
        Earlier = new EarlierArrivals(_state, over);
        Flow = connection.Limits.Flow(producer, _arriving, connection.Received, changed);
        ReadersTerms = new ReadersTerms(producer, Flow);
        Awaited = new AwaitedGroups(producer, _arriving);
        Subscriptions = new TrackSubscriptions(new Subscription(this, connection, start: null));
        Answers = new PublisherAnswers(_state, Subscriptions, ReadersTerms, changed);
        Drops = new DroppedGroups(_state, Subscriptions, _arriving, _lost, changed);
        Broken = new BrokenGroups(_state, Subscriptions, sources, _arriving, _lost, changed, over);
    }

    public BroadcastPath Path { get; }

    public TrackProducer Producer { get; }

    public string Name => $"track '{Producer.Name}' of '{Path}'";

    /// <summary>Gets the combined delivery terms of the readers.</summary>
    public ReadersTerms ReadersTerms { get; }

    /// <summary>Gets the flow control, which slows the publisher down.</summary>
    public ReceiveFlow Flow { get; }

    /// <summary>Gets the subscriptions of the track.</summary>
    public TrackSubscriptions Subscriptions { get; }

    /// <summary>Gets what the publishers tell about the track.</summary>
    public PublisherAnswers Answers { get; }

    /// <summary>Gets the groups that the publishers have dropped.</summary>
    public DroppedGroups Drops { get; }

    /// <summary>Gets the groups whose stream broke off.</summary>
    public BrokenGroups Broken { get; }

    /// <summary>Gets the groups before the first one of the subscription, which a later reader has requested.</summary>
    public EarlierArrivals Earlier { get; }

    /// <summary>Gets the groups that are waited for when the publisher has ended the subscription.</summary>
    public AwaitedGroups Awaited { get; }

    /// <summary>Gets a value indicating whether the track is read from one of several sources.</summary>
    public bool HasSources => _sources.MayChange;

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
                return Flow.IsPaused || _state.IsWhole;
        }
    }

    /// <summary>Gets the first group that was not received completely, or the first group that the readers requested.</summary>
    public ulong? FirstWanted
    {
        get
        {
            ulong? toCome;
            // This is read before the partially received groups: a group that begins meanwhile has a higher number.
            lock (_state.Gate)
                toCome = _state.Sequences.FirstToCome;
            if (Earlier.FirstWanted is { } earlier && !(earlier >= toCome))
                toCome = earlier;
            var lowest = _arriving.Lowest;
            return (lowest < toCome ? lowest : toCome ?? lowest) ?? ReadersTerms.FirstStart ?? (Answers.IsFromNothing ? 0 : null);
        }
    }

    /// <summary>Determines whether nothing is known of the track and nothing of it was received.</summary>
    public bool IsUntouched(Subscription current)
    {
        lock (_state.Gate)
            return !current.IsAccepted && !Subscriptions.HasMoved && _state.Sequences.FirstToCome is null && _arriving.Lowest is null;
    }

    /// <summary>
    /// Determines whether the current subscription of a lossless track still delivers groups that the next one does not: a relay may have
    /// taken them from a publisher that keeps them no longer.
    /// </summary>
    public bool IsAheadOf(Subscription next) =>
        _lost.IsEverythingWanted(next.WantsAll) && next.Start is { } start && FirstWanted < start;

    /// <summary>
    /// Determines whether a lossless track has lost groups: the publisher has reported them as dropped, or the track has moved to a
    /// publisher that does not keep all missing groups.
    /// </summary>
    public bool IsIncomplete(Subscription current) =>
        _lost.IsAny || (Subscriptions.HasMoved && !Subscriptions.IsAnyFormer && _lost.HasGapBefore(current.Start));

    /// <summary>Returns the exception for the readers of a lossless track that has lost groups.</summary>
    public MoqStreamException Lost(string what) => new(
        MoqErrorCode.Evicted,
        $"{what} of the lossless {Name} did not come. Subscribe again from the first that is missing, while the publisher keeps it.");

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

    /// <summary>
    /// Records that the publisher has accepted a subscription and told where it begins: readers no longer wait for it, and the track may
    /// move to it.
    /// </summary>
    public void OnAnswered()
    {
        _state.OnAnswered();
        _changed.Set();
    }

    /// <summary>Records that a group has begun to arrive on a subscription that does not serve the readers.</summary>
    public void OnBegunToArrive() => _changed.Set();

    public void OnStreamBegun(LinkedListNode<GroupSubscriber> stream) => Flow.Add(stream);

    public void OnStreamEnded(LinkedListNode<GroupSubscriber> stream)
    {
        _arriving.Remove(stream);
        // It may be the last one for which a move waits.
        if (Subscriptions.Next is not null)
            _changed.Set();
    }

    public ValueTask<GroupProducer?> BeginGroupAsync(Subscription from, GroupSubscriber stream)
    {
        if (Producer.TryCreateGroup(stream.Sequence, stream.FrameStart) is not { } group)
            return _arriving.TakeOverAsync(stream, mayStopOther: from == Subscriptions.Current);
        // It may be the first one, for which another subscription was made.
        if (Subscriptions.Newest is not null)
            _changed.Set();
        return new(group);
    }

    /// <summary>
    /// Handles that the stream of a group broke off. If the track moves, the group is kept, because it is resent on the other connection.
    /// </summary>
    public void OnBrokenOff(Subscription from, BrokenGroup broken)
    {
        if (IsUnread || !Broken.TryKeep(from, broken))
            broken.Group.BreakOff(broken.Code, broken.IsRemote);
    }

    /// <summary>
    /// Ends the track locally, after the publisher has ended it and no group stream is active on this connection, and waits until the
    /// readers have read everything.
    /// </summary>
    /// <returns>True if a reader has read everything, false if none has, or null if the track has moved to another connection.</returns>
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
        if (subscription.TrackEnd is { } trackEnd)
            Awaited.GiveUpTail(subscription.Start, trackEnd);
        Producer.Finish();
        // The publisher waits for the readers.
        await Producer.WaitForNoSubscriberAsync().ConfigureAwait(false);
        return Producer.ReaderTotals.Completed > 0;
    }

    /// <summary>Records that a subscription has ended.</summary>
    public void OnEnded(Subscription subscription)
    {
        Subscriptions.Remove(subscription);
        Drops.GiveUp();
        _formerEnded.Set();
        _changed.Set();
    }

    /// <summary>Unsubscribes because the last reader has left, unless the track ends anyway.</summary>
    public void OnUnread()
    {
        if (Subscriptions.IsEnding)
            return;
        Volatile.Write(ref _isUnread, true);
        Producer.Abort(MoqErrorCode.Cancel);
        Subscriptions.Current.Withdraw();
        _arriving.ForEach(static stream => stream.Stop(MoqErrorCode.Cancel));
        _changed.Set();
    }

    /// <summary>Ends what was received as the last subscription has ended.</summary>
    public void End(SubscriptionEnd end)
    {
        Subscriptions.WithdrawOthers();
        // The last reader may have left while the track moved.
        if (IsUnread)
            Subscriptions.Current.Withdraw();
        _arriving.End();
        if (end.Failure is { } failure)
            _state.Fail(end.Code, failure);
        Flow.End();
        Flow.UpdateMeters();
    }
}
