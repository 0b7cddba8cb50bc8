namespace IrohMoq.Reactive;

/// <content>Begins and ends to read in the middle of the group, and looks ahead.</content>
public sealed partial class GroupConsumer
{
    // Counted from the first frame that the group has here, as all indices of this class.
    private int _firstFrame;
    private int _passed;

    /// <summary>Gets the index, in the group, of the first frame that is read.</summary>
    internal int FirstFrame => _group.FirstFrame + _firstFrame;

    /// <summary>
    /// Gets the index, in the group, of the last frame that is read without a reader of the track; null if the group is read to its end.
    /// Where there is a reader of the track, its options state the frame.
    /// </summary>
    internal int? LastFrame { get; init; }

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
        _next = _firstFrame = frame - _group.FirstFrame;
        PassHead();
        if (_group.End.IsFinished)
            ThrowIfNotBegun();
    }

    /// <summary>Gets a value indicating whether the last frame that is read of the group was read.</summary>
    private bool HasReadLast => (LastFrame ?? Cursor?.LastFrameOf(Sequence)) is { } last && _group.FirstFrame + _next > last;

    /// <summary>Counts the frames before the first one that is read as read, as far as they are written.</summary>
    private void PassHead()
    {
        for (; Cursor is not null && _passed < _firstFrame && _group.Frames.TryGet(_passed, out var frame); _passed++)
        {
            var cost = FrameList.CostOf(frame.Payload);
            _taken += cost;
            Cursor.Progress.OnRead(cost);
        }
    }

    private void ThrowIfNotBegun()
    {
        if (_firstFrame <= _group.Frames.Count)
            return;
        End();
        throw new MoqStreamException(
            MoqErrorCode.NotFound,
            $"Group {Sequence} of track '{_group.Track.Name}' has only {_group.NextFrame} frames: frame {FirstFrame} was asked for.");
    }
}
