namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What one reader does beside whom others must keep their pace.</summary>
public enum ReaderManner
{
    /// <summary>There is no disturbing reader.</summary>
    Absent,

    /// <summary>Reads one frame, and then no other.</summary>
    Paused,

    /// <summary>Reads a frame every 20 ms.</summary>
    Slow,

    /// <summary>Reads one group, then disposes the enumerator.</summary>
    Disposed,

    /// <summary>Leaves the loop over the frames of each group after the first.</summary>
    BreaksOff,

    /// <summary>Reads one group and drops the enumerator without disposing it.</summary>
    Forgotten,
}
