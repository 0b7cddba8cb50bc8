using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Holds back the publisher of one subscription while its readers are behind. What arrives is always taken in, so that no other
/// subscription waits for it; beyond half of the subscription's share the publisher is asked to begin no further group (an end group in
/// SUBSCRIBE_UPDATE), and the streams that run get no credit, but for the one that the foremost reader has read as far as it has come.
/// Beyond the whole share the cache drops groups.
/// </summary>
internal class ReceiveFlow : IReceiveFlow
{
    private const int FewAdmitted = 64;
    private const long LeastWindow = 4;
    private const long MostWindow = 1 << 20;

    /// <summary>The one that is read, the next one, and what memory takes more than is in it.</summary>
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
    // Groups that went on although the others are held back, because a reader waited for them.
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

    /// <summary>True while the publisher is to begin no further group. Under the track's lock.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// The last group that the publisher may begin now, or null. Of a track that must arrive whole it is always given, and moves on as
    /// groups are read: asking for a pause would come too late where groups are small and come fast, because no credit of a stream holds
    /// back one that is sent whole at once. Under the track's lock.
    /// </summary>
    public ulong? EndGroup => IsPaused ? _track.Sequences.Highest : _received.IsWhole ? _window : null;

    /// <summary>From now on another connection brings the groups.</summary>
    /// <param name="budget">What is kept of what comes on it.</param>
    /// <param name="changed">Set when the publisher may have to be told something.</param>
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

    /// <summary>A group stream is under way.</summary>
    public void Add(LinkedListNode<GroupSubscriber> group)
    {
        lock (_track.Gate)
        {
            _arriving.Add(group);
            group.Value.IsCreditWithheld = IsPaused;
        }
    }

    /// <summary>The subscription is over: its share falls to the others.</summary>
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
        CountAsHolder(unread > ReceiveBudget.Least / 2);
        var share = _budget.Share;
        // Of a track that must arrive whole nothing may be dropped: what was let come before the publisher was held back, and frames under
        // way, which nobody can read by halves, may be more than the share. Groups may overtake the answer that says so: until it is here,
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

    /// <summary>Tells the meters what has been counted: not under the lock, because whoever listens may do as they like.</summary>
    public void TellMeters()
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
        var groups = Math.Clamp(bytes / _track.AverageGroupCost, LeastWindow, MostWindow);
        var end = highest + (ulong)Math.Max(0, groups - foremost.Progress.UnreadGroups);
        if (_window is { } window && end < window + (ulong)(groups / 4))
            return;
        _window = end;
        _changed?.Set();
    }

    /// <summary>Tells the budget of the session what is kept, in steps that are few.</summary>
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

    /// <summary>What a reader waits for goes on, or it would wait for ever.</summary>
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
    /// Where the reader has fallen behind in a group that went on, that is held back as well. Only those are looked at: this is asked for
    /// every frame.
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
        if (_admitted.Count >= FewAdmitted)
            _admitted.RemoveWhere(static admitted => !admitted.IsOpen);
        _admitted.Add(group);
    }
}
