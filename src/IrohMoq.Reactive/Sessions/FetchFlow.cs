using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Controls the flow of one fetched group: its stream gets no credit while its reader is behind by more than half of its share, unless the
/// reader waits for the rest of a frame.
/// </summary>
internal sealed class FetchFlow : IReceiveFlow
{
    private readonly TrackState _track;
    private readonly ReceivedTrack _received;
    private readonly ReceiveShare _share;
    private IFlowControlledStream? _stream;
    private bool _isOver;

    public FetchFlow(TrackState track, IReceiveStream stream, ReceiveBudget budget)
    {
        _track = track;
        _share = new ReceiveShare(budget);
        _stream = stream as IFlowControlledStream;
        _received = track.SetFlow(this);
    }

    /// <summary>
    /// Gets or sets a value that indicates whether credit is withheld from the stream. The caller must hold the lock of the track.
    /// </summary>
    public bool IsWithheld
    {
        get;
        set
        {
            if (field == value || _stream is null)
                return;
            field = value;
            _stream.IsCreditWithheld = value;
        }
    }

    /// <summary>Continues with the stream of another connection. This method acquires the lock of the track.</summary>
    public void MoveTo(IReceiveStream stream, ReceiveBudget budget)
    {
        lock (_track.Gate)
        {
            IsWithheld = false;
            _stream = stream as IFlowControlledStream;
            _share.MoveTo(budget);
            OnUnreadChanged();
        }
    }

    public void OnUnreadChanged()
    {
        if (_isOver)
            return;
        var unread = _track.Readers.ForemostUnread + _received.PartialBytes;
        _share.Update(_track.Cache.Bytes, unread);
        var share = _share.Budget.Share;
        if (unread <= share / 4)
            IsWithheld = false;
        else if (unread > share / 2)
            IsWithheld = _track.Cache.Newest is not { Readers.IsAnyWaiting: true };
    }

    public void OnStarving(GroupProducer group) => IsWithheld = false;

    public void OnSkipped(long groups)
    {
        // There is only one group.
    }

    public void OnReaderCut()
    {
        // The only reader is never cut off.
    }

    public void OnEarlierRequested()
    {
        // One group is fetched, and no subscription exists.
    }

    /// <summary>Called when the reader has left: nothing is kept any more.</summary>
    public void OnDemandChanged()
    {
        if (_track.Readers.Count > 0)
            return;
        _isOver = true;
        _share.End();
    }
}
