namespace IrohMoq.Reactive;

/// <summary>Receives a notification when a group is dropped while a remote reader still uses it.</summary>
internal interface IGroupWatcher
{
    /// <summary>
    /// Occurs when the group is dropped before it was given back: it is too old, memory is short, or its producer aborted it. Called once,
    /// under the track's lock.
    /// </summary>
    void OnDropped(MoqErrorCode code);
}
