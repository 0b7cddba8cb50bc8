namespace IrohMoq.Reactive;

/// <content>Determines with which frame the reader begins, and with which it ends.</content>
internal sealed partial class TrackCursor
{
    /// <summary>
    /// Gets the index of the first frame that this reader has requested of the group <see cref="RequestedStart"/>. The caller must hold the
    /// lock of the track.
    /// </summary>
    internal int RequestedFrame { get; private set; }

    /// <summary>Returns the index of the last frame of a group that is read, or null if the whole group is.</summary>
    internal int? LastFrameOf(ulong sequence) => Options is { LastFrame: { } last } options && options.End == sequence ? last : null;

    /// <summary>
    /// Lets the reader of a remote subscriber begin with another frame of a group, if it begins with that group and has not taken it.
    /// </summary>
    internal void BeginAtFrame(ulong sequence, int frame)
    {
        lock (_track.Gate)
        {
            if (RequestedStart == sequence)
                RequestedFrame = frame;
        }
    }

    private int FrameOf(ulong sequence) => sequence == RequestedStart ? RequestedFrame : 0;

    /// <summary>
    /// Determines whether a group is not available from the first frame on that is read of it, so that the group is skipped as a whole. A
    /// group that is still written may reach the frame.
    /// </summary>
    private bool Lacks(GroupProducer group)
    {
        var frame = FrameOf(group.Sequence);
        return frame < group.FirstFrame || frame > (LastFrameOf(group.Sequence) ?? frame) || (!group.IsOpen && frame > group.NextFrame);
    }

    /// <summary>Lets the reader begin behind the group with which it would begin, if that is known not to be available to it.</summary>
    private void PassStartWithoutHead()
    {
        if (RequestedStart is null)
        {
            if (_track.Cache[_next] is { } newest && Lacks(newest))
                _next++;
        }
        else if (_track.Cache.Find(_firstSequence) is { } first && Lacks(first))
        {
            _firstSequence++;
        }
    }

    /// <summary>Wakes the waits for frames, because another frame may be the last one now.</summary>
    private void WakeGroups()
    {
        foreach (var (_, group) in _track.Cache)
            group.Readers.Of(this)?.Wake();
    }
}
