namespace IrohMoq.Reactive;

/// <content>Represents what a track that is received from a peer has in addition.</content>
internal sealed partial class TrackState
{
    /// <summary>
    /// Gets the state of a track that is received from a peer, or null if the producer is local. The caller must hold the lock of the
    /// track.
    /// </summary>
    public ReceivedTrack? Received { get; private set; }

    /// <summary>
    /// Gets a value indicating whether the track is received and its readers must not miss a group. The caller must hold the lock of the
    /// track.
    /// </summary>
    public bool IsWhole => Received is { IsWhole: true };

    /// <summary>
    /// Gets a value indicating whether no reader of the track may miss a group that it wants: the producer waits for slow readers, here or
    /// at the publisher of a received track. This property may be read without the lock of the track.
    /// </summary>
    public bool IsLossless => Options.Lossless || Received is { IsWhole: true };

    /// <summary>
    /// Gets a value indicating whether the track belongs to a broadcast that is published to peers, of which one may come at any time that
    /// has read the track elsewhere. The caller must hold the lock of the track.
    /// </summary>
    public bool IsPassedOn { get; private set; }

    /// <summary>Marks the track as one of a broadcast that is published to peers.</summary>
    public void PassOn()
    {
        lock (Gate)
            IsPassedOn = true;
    }

    /// <summary>Marks the track as received from a peer. From now on, the progress of its readers is measured.</summary>
    public ReceivedTrack SetFlow(IReceiveFlow flow)
    {
        lock (Gate)
        {
            Received = new ReceivedTrack(flow);
            // The publisher determines how long a group is kept.
            Cache.MaxAge = Timeout.InfiniteTimeSpan;
            Readers.AreMeasured = true;
            return Received;
        }
    }

    /// <summary>
    /// Gets a value indicating whether the properties of the track are known: those of a received track when its publisher has told them,
    /// or has answered without telling them. The caller must hold the lock of the track.
    /// </summary>
    public bool IsKnown => IsDescribed && Received is null or { IsDescribed: true } or { IsAnswered: true };

    /// <summary>Records that the publisher of a received track has answered the subscription.</summary>
    public void OnAnswered()
    {
        lock (Gate)
        {
            if (Received is not { } received)
                return;
            received.IsAnswered = true;
            received.Flow.OnUnreadChanged();
            Readers.Wake();
        }
    }

    /// <summary>
    /// Records that the groups from <paramref name="first"/> to <paramref name="last"/> will not arrive, so that no reader waits for
    /// them.
    /// </summary>
    public void GiveUp(ulong first, ulong last)
    {
        lock (Gate)
        {
            foreach (var cursor in Readers)
                cursor.OnGivenUp(first, last);
            Sequences.GiveUp(first, last);
            Readers.Wake();
            if (Sequences.Excess is { } gap)
                GiveUp(gap.First, gap.Last);
        }
    }

    /// <summary>
    /// Sets the first group of the subscription that serves the readers, and requests earlier groups if a reader wants them. The caller
    /// must hold the lock of the track.
    /// </summary>
    /// <param name="first">The number, or null if the publisher does not tell it, or cannot be asked for earlier groups.</param>
    /// <param name="isUntold">True if the publisher can be asked for earlier groups, but does not tell the first one.</param>
    /// <param name="isContinued">True if another subscription has served the readers before, so that their starts are served.</param>
    public void SetFloor(ulong? first, bool isUntold, bool isContinued)
    {
        var received = Received!;
        (received.Floor, received.IsFloorUntold, received.Earliest) = (first, isUntold, null);
        if (isContinued)
            received.LastServedStart = Readers.LastStart;
        RequestEarlier();
    }

    /// <summary>Requests groups before the first one, if a reader wants them. The caller must hold the lock of the track.</summary>
    public void RequestEarlier()
    {
        if (Received is not { } received || (received.Floor ?? (received.IsFloorUntold ? Sequences.Lowest : null)) is not { } floor
            || Readers.EarliestStart(received.LastServedStart) is not { } start
            || start >= (received.Earliest ?? floor) || Sequences.IsSettled(start, floor - 1))
        {
            return;
        }

        (received.Floor, received.Earliest) = (floor, start);
        // The groups with which the subscription began may be known better: the floor is what was asked for. If another subscription has
        // delivered groups before it, the readers began with the first of those.
        var live = received.LiveFrom ??= Sequences.Lowest < floor
            ? Sequences.First ?? Sequences.Lowest.Value
            : Math.Max(floor, Sequences.First ?? floor);
        foreach (var cursor in Readers)
            cursor.BeginNotBefore(live);
        Sequences.ExtendBelow(live);
        received.IsExtending = true;
        received.Flow.OnEarlierRequested();
    }

    /// <summary>
    /// Returns the first group that the publisher is to send: the earliest that a reader wants, or that with which the subscription began.
    /// The caller must hold the lock of the track.
    /// </summary>
    /// <param name="asked">The group that was requested last.</param>
    public ulong? StartToRequest(ulong? asked)
    {
        if (Received is not { Earliest: { } earliest, Floor: { } floor } received)
            return asked;
        if (Readers.EarliestStart(received.LastServedStart) is { } start && start < floor)
            return Math.Max(start, earliest);
        received.Earliest = null;
        return floor;
    }

    /// <summary>Records that no more of the requested earlier groups is expected. The caller must hold the lock of the track.</summary>
    public void EndExtending()
    {
        Received!.IsExtending = false;
        Readers.Wake();
    }

    /// <summary>Called when the memory of a partially received frame has changed. The caller must hold the lock of the track.</summary>
    /// <param name="group">The group of the frame.</param>
    /// <param name="held">The memory, in bytes, that the frame uses now.</param>
    /// <param name="change">The change of this memory, in bytes.</param>
    public void OnPartial(GroupProducer group, int held, int change)
    {
        if (Received is not { } received)
            return;
        received.CountPartial(held, change);
        Cache.Charge(change);
        // A larger frame may change the maximum memory of the cache.
        received.Flow.OnUnreadChanged();
        if (change <= 0)
            return;
        _retention.MakeRoom(group);
        received.Flow.OnUnreadChanged();
    }
}
