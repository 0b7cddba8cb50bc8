namespace IrohMoq.Reactive;

/// <summary>
/// The flow control of a received track, so that a slow reader holds back its own publisher and no other. Every member is called under the
/// track's lock and does not wait.
/// </summary>
internal interface IReceiveFlow
{
    /// <summary>Occurs when what the foremost reader has not read has changed.</summary>
    void OnUnreadChanged();

    /// <summary>Occurs when a reader has read all that has come of a group and waits for more.</summary>
    void OnStarving(GroupProducer group);

    /// <summary>Occurs when a reader has missed groups.</summary>
    void OnSkipped(long groups);

    /// <summary>Occurs when a reader is cut off.</summary>
    void OnReaderCut();

    /// <summary>Occurs when readers have come, left or changed what they want.</summary>
    void OnDemandChanged();
}
