namespace IrohMoq.Reactive;

/// <content>Begins to read in the middle of the group, and looks ahead.</content>
public sealed partial class GroupConsumer
{
    private int _firstFrame;

    /// <summary>Gets a value that indicates whether the group consists of one frame that is sent as a datagram where possible.</summary>
    internal bool IsDatagram => _group.IsDatagram;

    /// <summary>Tries to return the next frame without reading it. The caller releases the block of the frame.</summary>
    internal bool TryPeek(out CachedFrame frame)
    {
        lock (_group.Gate)
        {
            frame = default;
            if (_ended || !_group.Frames.TryGet(_next, out frame))
                return false;
            frame.Payload.Block.Retain();
            return true;
        }
    }

    /// <summary>
    /// Sets the index of the first frame that is read. The caller must hold the lock of the track, and must not have read a frame.
    /// </summary>
    /// <exception cref="MoqStreamException">The group has ended before that frame. This object is then released.</exception>
    internal void BeginAt(int frame)
    {
        for (_next = _firstFrame = frame; frame > 0 && Cursor is not null; frame--)
            Pass(frame - 1);
        if (_group.End.IsFinished)
            ThrowIfNotBegun();
    }

    /// <summary>Counts a frame as read that is not read.</summary>
    private void Pass(int frame)
    {
        if (!_group.Frames.TryGet(frame, out var passed))
            return;
        var cost = FrameList.CostOf(passed.Payload);
        _taken += cost;
        Cursor!.Progress.OnRead(cost);
    }

    private void ThrowIfNotBegun()
    {
        if (_firstFrame <= _group.Frames.Count)
            return;
        End();
        throw new MoqStreamException(
            MoqErrorCode.NotFound,
            $"Group {Sequence} of track '{_group.Track.Name}' has only {_group.Frames.Count} frames: frame {_firstFrame} was asked for.");
    }
}
