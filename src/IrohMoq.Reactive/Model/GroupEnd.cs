namespace IrohMoq.Reactive;

/// <summary>
/// How a group ended, or that it is open. A value, because there are many groups. Every member is used under the track's lock.
/// </summary>
internal struct GroupEnd
{
    /// <summary>Gets a value indicating whether the group was finished: readers get all of it.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets the code that the group was aborted or dropped with, or null. A finished group may be dropped later.</summary>
    public MoqErrorCode? Code { get; private set; }

    /// <summary>Gets a value indicating whether the peer aborted the group.</summary>
    public bool IsByPeer { get; private set; }

    /// <summary>Gets a value indicating whether the group may still get frames.</summary>
    public readonly bool IsOpen => !IsFinished && Code is null;

    /// <summary>Finishes the group.</summary>
    public void Finish() => IsFinished = true;

    /// <summary>Ends the group with a code. The first code stays.</summary>
    public void Abort(MoqErrorCode code, bool isByPeer)
    {
        if (Code is null)
            (Code, IsByPeer) = (code, isByPeer);
    }

    /// <summary>Throws if the group gets no more frames.</summary>
    /// <exception cref="MoqStreamException">The group is over.</exception>
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
