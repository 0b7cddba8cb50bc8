namespace IrohMoq.Reactive;

/// <summary>Receives a notification when a group is dropped while a remote reader still uses it.</summary>
internal interface IGroupWatcher
{
    /// <summary>
    /// Called once, while the lock of the track is held, when the group is dropped before its reader has released it: the group is too
    /// old, memory is short, or its producer aborted it.
    /// </summary>
    void OnDropped(MoqErrorCode code);
}
