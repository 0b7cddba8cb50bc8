namespace IrohMoq.Reactive;

/// <summary>Represents the source of a received group: the stream from which its bytes are read.</summary>
internal interface IGroupSource
{
    /// <summary>
    /// Stops the source, because no reader needs the rest of the group. Called once, while the lock of the track is held.
    /// </summary>
    void Stop(MoqErrorCode code);

    /// <summary>
    /// Lets the peer send more of the group, even while flow control holds back other groups, because a reader waits for the group.
    /// Called while the lock of the track is held.
    /// </summary>
    void Admit();

    /// <summary>
    /// Applies normal flow control to the group again, because no reader waits for more of it. Called while the lock of the track is
    /// held.
    /// </summary>
    void Withhold();
}
