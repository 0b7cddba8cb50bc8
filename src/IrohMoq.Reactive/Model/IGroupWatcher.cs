namespace IrohMoq.Reactive;

/// <summary>Who holds a group for a reader elsewhere and has to know when its memory is taken back.</summary>
internal interface IGroupWatcher
{
    /// <summary>
    /// The group is dropped before it was given back: it is too old, memory is short, or its producer gave it up. Called once, under the
    /// track's lock.
    /// </summary>
    void OnDropped(MoqErrorCode code);
}
