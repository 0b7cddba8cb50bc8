namespace IrohMoq.Reactive;

/// <summary>Specifies how a reader of a track ended.</summary>
public enum TrackReaderEnd
{
    /// <summary>The reader has read everything up to the end of the track. A remote reader has confirmed this.</summary>
    Completed,

    /// <summary>The reader left before the end of the track.</summary>
    Left,

    /// <summary>The connection of a remote reader ended before the reader confirmed that it had received everything.</summary>
    SessionLost,

    /// <summary>The reader was cut off because it was too slow, or because it missed a group of a lossless track.</summary>
    TooSlow,

    /// <summary>The track was aborted.</summary>
    Aborted,

    /// <summary>The reader continues over another connection of its session, where it is listed as another reader.</summary>
    Moved,
}
