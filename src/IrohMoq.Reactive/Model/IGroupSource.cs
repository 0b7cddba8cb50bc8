namespace IrohMoq.Reactive;

/// <summary>The source of a received group: the stream that brings its bytes.</summary>
internal interface IGroupSource
{
    /// <summary>Stops the source: no reader wants the rest of the group. Called once, under the track's lock.</summary>
    void Stop(MoqErrorCode code);

    /// <summary>
    /// Lets the peer send more of the group, whatever holds back other groups: a reader waits for it. Called under the track's lock.
    /// </summary>
    void Admit();

    /// <summary>Holds the peer back like for other groups: no reader waits for this one any more. Called under the track's lock.</summary>
    void Withhold();
}
