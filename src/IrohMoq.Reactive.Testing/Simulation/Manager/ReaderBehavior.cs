namespace IrohMoq.Reactive.Testing;

/// <summary>How a reader reads a track.</summary>
internal enum ReaderBehavior
{
    /// <summary>Reads everything at once, until the track ends or it is canceled.</summary>
    Healthy,

    /// <summary>Waits after each group.</summary>
    SlowGroups,

    /// <summary>Waits after each frame.</summary>
    SlowFrames,

    /// <summary>Reads nothing for a while, then goes on.</summary>
    Pauses,

    /// <summary>Reads a few groups and stops for good, without disposing the group or the enumerator.</summary>
    Stops,

    /// <summary>Leaves every group after its first frame.</summary>
    LeavesGroups,

    /// <summary>Ends the reading after a few groups.</summary>
    Leaves,
}
