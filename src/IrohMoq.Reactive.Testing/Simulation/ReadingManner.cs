namespace IrohMoq.Reactive.Testing;

/// <summary>How a reader reads.</summary>
internal enum ReadingManner
{
    /// <summary>Takes what comes. It stays to the end unless it is told to leave.</summary>
    Healthy,

    /// <summary>Takes its time after each group.</summary>
    SlowForGroups,

    /// <summary>Takes its time after each frame.</summary>
    SlowForFrames,

    /// <summary>Takes nothing for a while, then goes on.</summary>
    Pauses,

    /// <summary>Takes a few groups, then never asks again, with the reading and a group in hand.</summary>
    Stops,

    /// <summary>Breaks out of every group after its first frame.</summary>
    Breaks,

    /// <summary>Leaves after a few groups.</summary>
    Leaves,
}
