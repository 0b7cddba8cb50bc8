namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What one reader does beside whom others must keep their pace.</summary>
public enum ReaderManner
{
    /// <summary>There is no such reader.</summary>
    Absent,

    /// <summary>Reads a frame, then nothing for ever.</summary>
    Paused,

    /// <summary>Reads a frame every 20 ms.</summary>
    Slow,

    /// <summary>Takes a group, then disposes its enumerator.</summary>
    Disposed,

    /// <summary>Leaves the loop over the frames of each group after the first.</summary>
    BreaksOff,

    /// <summary>Takes a group and forgets its enumerator.</summary>
    Forgotten,
}
