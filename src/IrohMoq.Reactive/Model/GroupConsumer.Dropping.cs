namespace IrohMoq.Reactive;

/// <content>Handles that the memory of the group is released before it was read, and that its reader is not served any more.</content>
public sealed partial class GroupConsumer
{
    private MoqErrorCode? _cutOff;

    /// <summary>
    /// Gets a value indicating whether the memory of the group was released before any of its frames was read, for example because the
    /// group was too old or memory was short.
    /// </summary>
    internal bool IsDropped
    {
        get
        {
            lock (_group.Gate)
                return _next == _firstFrame && _offset == 0 && _group.Frames.IsReleased;
        }
    }

    /// <summary>Gets a value indicating whether the group is older now than the options of its reader accept.</summary>
    internal bool IsTooOld
    {
        get
        {
            lock (_group.Gate)
                return Cursor?.IsTooOld(_group) == true;
        }
    }

    /// <summary>
    /// Gets the object that is notified once if the memory of the group is released before the reader has finished with it.
    /// </summary>
    internal IGroupWatcher? Watcher { get; private set; }

    /// <summary>
    /// Sets the object that is notified when the group is dropped. If the group has already been dropped, the object is notified
    /// immediately.
    /// </summary>
    internal void Watch(IGroupWatcher watcher)
    {
        lock (_group.Gate)
        {
            Watcher = watcher;
            if (_group.Frames.IsReleased && !_ended)
                watcher.OnDropped(_group.End.Code ?? MoqErrorCode.Evicted);
        }
    }

    /// <summary>
    /// Stops serving the reader of this group. The current frame stays valid until the reader reads the next one. The caller must hold
    /// the lock of the track.
    /// </summary>
    internal void CutOff(MoqErrorCode code)
    {
        _cutOff = code;
        Watcher?.OnDropped(code);
        End();
    }

    /// <summary>
    /// Records that the memory of the group was released: the rest of the group counts as read. The caller must hold the lock of the
    /// track.
    /// </summary>
    internal void OnReleased()
    {
        if (_ended || _taken == _group.Cost)
            return;
        var rest = _group.Cost - _taken;
        _taken = _group.Cost;
        Cursor?.Progress.OnRead(rest);
    }
}
