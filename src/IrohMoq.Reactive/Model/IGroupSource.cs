namespace IrohMoq.Reactive;

/// <summary>Where the bytes of a group come from that is received.</summary>
internal interface IGroupSource
{
    /// <summary>Nobody wants the rest of the group. Called under the track's lock, once.</summary>
    void Stop(MoqErrorCode code);

    /// <summary>
    /// A reader waits for more of the group: the peer may go on sending it, whatever holds back the others. Called under the track's lock.
    /// </summary>
    void Admit();

    /// <summary>The reader does not wait for it any more: it is held back like the others. Called under the track's lock.</summary>
    void Withhold();
}
