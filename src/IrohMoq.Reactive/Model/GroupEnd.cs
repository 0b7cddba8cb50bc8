namespace IrohMoq.Reactive;

/// <summary>
/// Describes how a group ended, or that it is still open. This type is a struct because there are many groups. The caller of any member
/// must hold the lock of the track.
/// </summary>
internal struct GroupEnd
{
    /// <summary>Gets a value indicating whether the group was finished, so that readers receive all of it.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets the error code with which the group was aborted or dropped, or null. A finished group may be dropped later.</summary>
    public MoqErrorCode? Code { get; private set; }

    /// <summary>Gets a value indicating whether the peer aborted the group.</summary>
    public bool IsByPeer { get; private set; }

    /// <summary>Gets a value indicating whether frames may still be added to the group.</summary>
    public readonly bool IsOpen => !IsFinished && Code is null;

    /// <summary>Marks the group as finished.</summary>
    public void Finish() => IsFinished = true;

    /// <summary>Ends the group with an error code. Only the first call has an effect.</summary>
    public void Abort(MoqErrorCode code, bool isByPeer)
    {
        if (Code is null)
            (Code, IsByPeer) = (code, isByPeer);
    }

    /// <summary>Throws an exception if no more frames may be added to the group.</summary>
    /// <exception cref="MoqStreamException">The group has ended.</exception>
    public readonly void ThrowIfOver(GroupProducer group)
    {
        if (Code is { } code)
        {
            throw new MoqStreamException(
                code, $"Group {group.Sequence} of track '{group.Track.Name}' is over, with code {code}. Begin a new group.", IsByPeer);
        }

        if (IsFinished)
        {
            throw new MoqStreamException(
                MoqErrorCode.Closed, $"Group {group.Sequence} of track '{group.Track.Name}' is finished. Begin a new group.");
        }
    }
}
