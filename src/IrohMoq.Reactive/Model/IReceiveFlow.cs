namespace IrohMoq.Reactive;

/// <summary>
/// Controls the flow of a received track, so that a slow reader slows down only its own publisher. Every member is called while the lock
/// of the track is held, and must not block.
/// </summary>
internal interface IReceiveFlow
{
    /// <summary>Called when the amount of unread data may have changed for the reader that has read most.</summary>
    void OnUnreadChanged();

    /// <summary>Called when a reader has read everything that has arrived of a group and waits for more.</summary>
    void OnStarving(GroupProducer group);

    /// <summary>Called when a reader has missed groups.</summary>
    void OnSkipped(long groups);

    /// <summary>Called when a reader is cut off.</summary>
    void OnReaderCut();

    /// <summary>Called when readers have joined, left or changed their options.</summary>
    void OnDemandChanged();

    /// <summary>Called when a reader has requested groups before the first one of the subscription.</summary>
    void OnEarlierRequested();
}
