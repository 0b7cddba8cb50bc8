namespace IrohMoq.Load;

/// <summary>How a reader of the soak reads. From <see cref="Slow"/> on it may hold up a lossless writer.</summary>
internal enum SoakManner
{
    /// <summary>Takes what comes, then leaves: it must never stand still.</summary>
    Steady,

    /// <summary>Breaks out of groups.</summary>
    Breaks,

    /// <summary>Takes its time for each group.</summary>
    Slow,

    /// <summary>Takes nothing for seconds.</summary>
    Pauses,

    /// <summary>Takes nothing for up to a minute, with its subscription in hand, then leaves.</summary>
    Stops,

    /// <summary>Closes the session for all its users.</summary>
    Closes,

    /// <summary>The last one.</summary>
    Last = Closes,
}
