using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Controls the flow of one subscription: slows its publisher down while the readers are behind. Arriving data is always read, so that
/// it delays no other subscription. When the unread data exceeds half of the subscription's share, the publisher is asked to begin no
/// further group (by an end group in SUBSCRIBE_UPDATE), and its streams get no credit, except those whose data a reader waits for.
/// Beyond the share the cache drops groups.
/// </summary>
internal class ReceiveFlow : IReceiveFlow
{
    private const int MaxAdmitted = 64;
    private const long MinWindow = 4;
    private const long MaxWindow = 1 << 20;

    /// <summary>
    /// The number of frames that may exceed the share: the current frame, the next frame, and the unused part of their memory.
    /// </summary>
    private const long FramesBeyondShare = 4;

    private readonly TrackState _track;
    private readonly ReceivedTrack _received;
    private readonly ArrivingGroups _arriving;
    private readonly Signal _counted;
    private readonly ReceiveShare _share;
    private long _skipped;
    private long _cut;
    private Signal? _changed;
    // Groups whose streams get credit while the publisher is paused, because a reader waited for them.
    private readonly HashSet<GroupProducer> _admitted = [];
    private bool _isOver;
    private ulong? _window;

    public ReceiveFlow(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted)
    {
        _track = track.State;
        _arriving = arriving;
        _share = new ReceiveShare(budget);
        _counted = counted;
        _received = _track.SetFlow(this);
    }

    /// <summary>
    /// Gets a value that indicates whether the publisher must not begin a further group. The caller must hold the lock of the track.
    /// </summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Gets the last group that the publisher may begin now, or null if there is no limit. A lossless track always has a limit, which
    /// advances as groups are read: a request to pause would come too late for small and frequent groups, because withheld credit
    /// cannot delay a group that is sent all at once. The caller must hold the lock of the track.
    /// </summary>
    public ulong? EndGroup => IsPaused ? _track.Sequences.Highest : _received.IsWhole ? _window : null;

    /// <summary>Changes the connection over which the groups arrive.</summary>
    /// <param name="budget">The memory budget of that connection.</param>
    /// <param name="changed">The signal to set when an update may have to be sent to the publisher.</param>
    public void MoveTo(ReceiveBudget budget, Signal changed)
    {
        lock (_track.Gate)
        {
            _share.MoveTo(budget);
            _changed = changed;
            OnUnreadChanged();
        }

        changed.Set();
    }

    /// <summary>Adds a group stream, whose credit is withheld while the publisher is paused.</summary>
    public void Add(LinkedListNode<GroupSubscriber> group)
    {
        lock (_track.Gate)
        {
            _arriving.Add(group);
            group.Value.IsCreditWithheld = IsPaused;
        }
    }

    /// <summary>Ends the flow control, which frees the share of the subscription for other subscriptions.</summary>
    public void End()
    {
        lock (_track.Gate)
        {
            _isOver = true;
            _share.End();
        }
    }

    public void OnUnreadChanged()
    {
        if (_isOver)
            return;
        var unread = _track.Readers.ForemostUnread + _received.PartialBytes;
        var kept = _track.Cache.Bytes;
        _share.Update(kept, _track.IsPassedOn ? kept : unread);
        var budget = _share.Budget;
        var share = budget.Share;
        // A lossless track must not lose data to the cache limit. The data that was admitted before the publisher was paused, and
        // incomplete frames, which no reader can use yet, may exceed the share. Groups may arrive before the answer that tells whether
        // the track is lossless; until then every track is treated as one.
        var most = share + budget.BeyondShare + (FramesBeyondShare * _received.LargestFrame);
        _track.Cache.MaxBytes = _received.IsWhole || !_received.IsAnswered
            ? Math.Max(share, Math.Min(most, kept + budget.LeftBeyondShares))
            : share;
        if (!IsPaused)
        {
            if (unread > share / 2)
                Pause();
        }
        else if (unread <= share / 4)
        {
            Resume();
        }
        else if (_admitted.Count > 0 && unread > share / 4 * 3)
        {
            WithholdAdmitted();
        }

        if (_received.IsWhole)
            MoveWindow(share / 2);
    }

    public virtual void OnStarving(GroupProducer group)
    {
        if (!IsPaused)
            return;
        Admitted(group);
        group.Received.Admit();
    }

    public void OnSkipped(long groups)
    {
        _skipped += groups;
        _counted.Set();
    }

    public void OnReaderCut()
    {
        _cut++;
        _counted.Set();
    }

    /// <summary>
    /// Updates the meters with the counted groups and readers. The caller must not hold the lock of the track, because a listener of a
    /// meter may run arbitrary code.
    /// </summary>
    public void UpdateMeters()
    {
        long skipped;
        long cut;
        lock (_track.Gate)
        {
            (skipped, cut) = (_skipped, _cut);
            (_skipped, _cut) = (0, 0);
        }

        MoqTelemetry.GroupsSkipped.AddLocal(skipped);
        MoqTelemetry.ReadersCut.AddLocal(cut);
    }

    public void OnDemandChanged()
    {
        _changed?.Set();
        // A peer may read the track that it announces itself.
        _counted.Set();
    }

    public void OnEarlierRequested()
    {
        _changed?.Set();
        _counted.Set();
    }

    private void MoveWindow(long bytes)
    {
        var readers = _track.Readers;
        if (_track.Sequences.Highest is not { } highest || readers.Foremost is not { } foremost || _track.AverageGroupCost == 0)
            return;
        var groups = Math.Clamp(bytes / _track.AverageGroupCost, MinWindow, MaxWindow);
        var end = highest + (ulong)Math.Max(0, groups - foremost.Progress.UnreadGroups);
        if (_window is { } window && end < window + (ulong)(groups / 4))
            return;
        _window = end;
        _changed?.Set();
    }

    private void Pause()
    {
        IsPaused = true;
        Withhold(true);
        _changed?.Set();
    }

    protected virtual void Resume()
    {
        IsPaused = false;
        Withhold(false);
        _changed?.Set();
    }

    /// <summary>
    /// Determines whether a stream gets credit although the publisher is paused, because a reader waits for its data and would wait
    /// forever.
    /// </summary>
    protected virtual bool GoesOn(GroupSubscriber group) => group.IsAwaited;

    private void Withhold(bool isWithheld)
    {
        _admitted.Clear();
        _arriving.ForEach(stream =>
        {
            var isAwaited = isWithheld && GoesOn(stream);
            if (isAwaited && stream.Group is { } group)
                Admitted(group);
            stream.IsCreditWithheld = isWithheld && !isAwaited;
        });
    }

    /// <summary>
    /// Withholds credit again from admitted groups for which no reader waits any more. Only the admitted groups are checked, because
    /// this method may run for every frame.
    /// </summary>
    private void WithholdAdmitted() => _admitted.RemoveWhere(static group =>
    {
        if (group.Readers.IsAnyWaiting)
            return false;
        group.Received.Withhold();
        return true;
    });

    private void Admitted(GroupProducer group)
    {
        if (_admitted.Count >= MaxAdmitted)
            _admitted.RemoveWhere(static admitted => !admitted.IsOpen);
        _admitted.Add(group);
    }
}
