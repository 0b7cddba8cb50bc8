using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Holds back the publisher of one subscription while its readers are behind. What arrives is always taken in, so that no other subscription waits for it; beyond half of the subscription's share the publisher is asked to begin no
/// further group (an end group in SUBSCRIBE_UPDATE), and the streams that run get no credit, but for the one that the foremost reader has read as far as it has come. Beyond the whole share the cache drops groups.
/// </summary>
internal class ReceiveFlow : IReceiveFlow
{
    private const long LeastWindow = 4;
    private const long MostWindow = 1 << 20;

    /// <summary>The one that is read, the next one, and what memory takes more than is in it.</summary>
    private const long FramesBeyondShare = 4;

    private readonly TrackProducer _track;
    private readonly ReceiveBudget _budget;
    private readonly Lock _gate = new();
    private readonly LinkedList<GroupSubscriber> _groups = [];
    private bool _isHolder;
    private bool _isAnyAdmitted;
    private bool _isOver;
    private ulong? _window;

    public ReceiveFlow(TrackProducer track, ReceiveBudget budget, Turns turns)
    {
        _track = track;
        _budget = budget;
        Changed = new Signal(turns);
        track.SetFlow(this);
    }

    /// <summary>Set when the publisher may have to be told something.</summary>
    public Signal Changed { get; }

    /// <summary>True while the publisher is to begin no further group. Under the track's lock.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// The last group that the publisher may begin now, or null. Of a track that must arrive whole it is always given, and moves on as groups are read: asking for a pause would come too late where groups are small and come fast, because no
    /// credit of a stream holds back one that is sent whole at once. Under the track's lock.
    /// </summary>
    public ulong? EndGroup => IsPaused ? _track.HighestSequence : _track.IsWhole ? _window : null;

    /// <summary>How many group streams are under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _groups.Count;
        }
    }

    public void Add(LinkedListNode<GroupSubscriber> group)
    {
        lock (_track.Gate)
        {
            lock (_gate)
                _groups.AddLast(group);
            group.Value.IsCreditWithheld = IsPaused;
        }
    }

    public void Remove(LinkedListNode<GroupSubscriber> group)
    {
        lock (_gate)
            _groups.Remove(group);
    }

    /// <summary>Stops every group that is under way.</summary>
    public void StopAll(MoqErrorCode code)
    {
        GroupSubscriber[] groups;
        lock (_gate)
            groups = [.. _groups];
        foreach (var group in groups)
            group.Stop(code);
    }

    /// <summary>The subscription is over: its share falls to the others.</summary>
    public void End()
    {
        lock (_track.Gate)
        {
            _isOver = true;
            CountAsHolder(false);
        }
    }

    public void OnUnreadChanged()
    {
        if (_isOver)
            return;
        var unread = _track.ForemostUnread + _track.PartialBytes;
        CountAsHolder(unread > ReceiveBudget.Least / 2);
        var share = _budget.Share;
        // Of a track that must arrive whole nothing may be dropped: what was let come before the publisher was held back, and frames under way, which nobody can read by halves, may be more than the share.
        _track.Cache.MaxBytes = share + (_track.IsWhole ? _budget.BeyondShare + (FramesBeyondShare * _track.LargestFrame) : 0);
        if (!IsPaused)
        {
            if (unread > share / 2)
                Pause();
        }
        else if (unread <= share / 4)
        {
            Resume();
        }
        else if (_isAnyAdmitted && unread > share / 4 * 3)
        {
            // The reader has fallen behind in the one group that went on.
            Withhold(true);
        }

        if (_track.IsWhole)
            MoveWindow(share / 2);
    }

    public virtual void OnStarving(GroupProducer group)
    {
        if (!IsPaused)
            return;
        _isAnyAdmitted = true;
        group.AdmitMore();
    }

    public void OnDemandChanged() => Changed.Set();

    private void MoveWindow(long bytes)
    {
        var readers = _track.Readers;
        if (_track.HighestSequence is not { } highest || readers.Foremost is not { } foremost || _track.AverageGroupCost == 0)
            return;
        var groups = Math.Clamp(bytes / _track.AverageGroupCost, LeastWindow, MostWindow);
        var end = highest + (ulong)Math.Max(0, groups - foremost.UnreadGroups);
        if (_window is { } window && end < window + (ulong)(groups / 4))
            return;
        _window = end;
        Changed.Set();
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
        Changed.Set();
    }

    protected virtual void Resume()
    {
        IsPaused = false;
        Withhold(false);
        Changed.Set();
    }

    /// <summary>What a reader waits for goes on, or it would wait for ever.</summary>
    protected virtual bool GoesOn(GroupSubscriber group) => group.IsAwaited;

    private void Withhold(bool isWithheld)
    {
        _isAnyAdmitted = false;
        lock (_gate)
        {
            foreach (var group in _groups)
            {
                var isAwaited = isWithheld && GoesOn(group);
                _isAnyAdmitted |= isAwaited;
                group.IsCreditWithheld = isWithheld && !isAwaited;
            }
        }
    }
}
