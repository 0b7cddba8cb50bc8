using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The flow control of one subscription: it holds back the publisher while the readers are behind. What arrives is always taken in, so
/// that no other subscription waits for it. Beyond half of the share of the subscription the publisher is asked to begin no further group
/// (an end group in SUBSCRIBE_UPDATE), and its streams get no credit, except the one that the foremost reader has read as far as it has
/// come. Beyond the whole share the cache drops groups.
/// </summary>
internal class ReceiveFlow : IReceiveFlow
{
    private const int MaxAdmitted = 64;
    private const long MinWindow = 4;
    private const long MaxWindow = 1 << 20;

    /// <summary>The frame that is read, the next one, and the unused part of their memory.</summary>
    private const long FramesBeyondShare = 4;

    private readonly TrackState _track;
    private readonly ReceivedTrack _received;
    private readonly ArrivingGroups _arriving;
    private readonly Signal _counted;
    private long _skipped;
    private long _cut;
    private ReceiveBudget _budget;
    private long _countedKept;
    private Signal? _changed;
    private bool _isHolder;
    // Groups that may go on while the others are held back, because a reader waited for them.
    private readonly HashSet<GroupProducer> _admitted = [];
    private bool _isOver;
    private ulong? _window;

    public ReceiveFlow(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted)
    {
        _track = track.State;
        _arriving = arriving;
        _budget = budget;
        _counted = counted;
        _received = _track.SetFlow(this);
    }

    /// <summary>Gets a value indicating whether the publisher is to begin no further group. Under the track's lock.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Gets the last group that the publisher may begin now, or null. Of a track that must arrive whole it is always given, and moves on
    /// as groups are read: asking for a pause would come too late where groups are small and come fast, because no credit of a stream
    /// holds back one that is sent whole at once. Under the track's lock.
    /// </summary>
    public ulong? EndGroup => IsPaused ? _track.Sequences.Highest : _received.IsWhole ? _window : null;

    /// <summary>Notes that another connection brings the groups from now on.</summary>
    /// <param name="budget">The memory budget of that connection.</param>
    /// <param name="changed">Set when there may be an update to send to the publisher.</param>
    public void MoveTo(ReceiveBudget budget, Signal changed)
    {
        lock (_track.Gate)
        {
            CountAsHolder(false);
            Count(0);
            _budget = budget;
            _changed = changed;
            OnUnreadChanged();
        }

        changed.Set();
    }

    /// <summary>Adds a group stream.</summary>
    public void Add(LinkedListNode<GroupSubscriber> group)
    {
        lock (_track.Gate)
        {
            _arriving.Add(group);
            group.Value.IsCreditWithheld = IsPaused;
        }
    }

    /// <summary>Ends the flow control: the share of the subscription falls to the others.</summary>
    public void End()
    {
        lock (_track.Gate)
        {
            _isOver = true;
            CountAsHolder(false);
            Count(0);
        }
    }

    public void OnUnreadChanged()
    {
        if (_isOver)
            return;
        var unread = _track.Readers.ForemostUnread + _received.PartialBytes;
        CountAsHolder(unread > ReceiveBudget.MinCounted / 2);
        var share = _budget.Share;
        // Of a track that must arrive whole nothing may be dropped: what was let come before the publisher was held back, and frames under
        // way, which no reader can use yet, may be more than the share. Groups may overtake the answer that says so: until it is here,
        // any track may be one.
        var kept = _track.Cache.Bytes;
        Count(kept);
        var most = share + _budget.BeyondShare + (FramesBeyondShare * _received.LargestFrame);
        _track.Cache.MaxBytes = _received.IsWhole || !_received.IsAnswered
            ? Math.Max(share, Math.Min(most, kept + _budget.LeftBeyondShares))
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

    /// <summary>Updates the meters with what was counted. Without the lock, because a listener of a meter may do anything.</summary>
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

    public void OnDemandChanged() => _changed?.Set();

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

    /// <summary>Counts what is kept in the budget of the connection, in few steps.</summary>
    private void Count(long kept)
    {
        if (kept > 0 && Math.Abs(kept - _countedKept) < ReceiveBudget.Step)
            return;
        _budget.Count(kept - _countedKept);
        _countedKept = kept;
    }

    private void CountAsHolder(bool isHolder)
    {
        if (_isHolder == isHolder)
            return;
        _isHolder = isHolder;
        if (isHolder)
            _budget.Enter();
        else
            _budget.Leave();
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
    /// Determines whether a stream goes on although the publisher is held back: a reader waits for it, and would wait for ever.
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
    /// Holds back groups that went on, where the reader has fallen behind in them. Only these are checked, because this is done for every
    /// frame.
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
