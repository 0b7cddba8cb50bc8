namespace IrohMoq.Load;

/// <summary>
/// Specifies how a reader of the soak test reads. <see cref="Slow"/> and the following values may block a lossless writer.
/// </summary>
internal enum SoakManner
{
    /// <summary>Reads without delay, then leaves. Such a reading must never stall.</summary>
    Steady,

    /// <summary>Leaves some groups before their end.</summary>
    Breaks,

    /// <summary>Waits after each group.</summary>
    Slow,

    /// <summary>Sometimes reads nothing for seconds.</summary>
    Pauses,

    /// <summary>Reads nothing for up to a minute while it stays subscribed, then leaves.</summary>
    Stops,

    /// <summary>Closes the session, which ends all readings of the session.</summary>
    Closes,

    /// <summary>The last value of the enumeration.</summary>
    Last = Closes,
}
