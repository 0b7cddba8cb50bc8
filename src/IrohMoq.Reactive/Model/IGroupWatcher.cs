namespace IrohMoq.Reactive;

/// <summary>Is notified when the memory of a group is taken back that it holds for a reader elsewhere.</summary>
internal interface IGroupWatcher
{
    /// <summary>
    /// Occurs when the group is dropped before it was given back: it is too old, memory is short, or its producer aborted it. Called once,
    /// under the track's lock.
    /// </summary>
    void OnDropped(MoqErrorCode code);
}
