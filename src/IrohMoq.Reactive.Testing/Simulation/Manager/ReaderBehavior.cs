namespace IrohMoq.Reactive.Testing;

/// <summary>Specifies how a simulated reader reads a track.</summary>
internal enum ReaderBehavior
{
    /// <summary>Reads without delay, until the track ends or the reader is canceled.</summary>
    Healthy,

    /// <summary>Waits after each group.</summary>
    SlowGroups,

    /// <summary>Waits after each frame.</summary>
    SlowFrames,

    /// <summary>Reads nothing for some time, then continues.</summary>
    Pauses,

    /// <summary>Reads a few groups and then stops reading permanently, without disposing the group or the enumerator.</summary>
    Stops,

    /// <summary>Reads only the first frame of every group.</summary>
    LeavesGroups,

    /// <summary>Ends the enumeration after a few groups.</summary>
    Leaves,
}
