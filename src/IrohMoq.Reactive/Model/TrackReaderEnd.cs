namespace IrohMoq.Reactive;

/// <summary>How a reader of a track ended.</summary>
public enum TrackReaderEnd
{
    /// <summary>It has read everything up to the end of the track. A remote reader has said so.</summary>
    Completed,

    /// <summary>It left before the end of the track.</summary>
    Left,

    /// <summary>The connection of a remote reader ended before the reader said that it has everything.</summary>
    SessionLost,

    /// <summary>It was cut off because it was too slow, or because it lost a group of a lossless track.</summary>
    TooSlow,

    /// <summary>The track was aborted.</summary>
    Aborted,

    /// <summary>It goes on over another connection of its session, and is listed there as another reader.</summary>
    Moved,
}
