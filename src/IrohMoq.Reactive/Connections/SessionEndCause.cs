namespace IrohMoq.Reactive;

/// <summary>What ended a session.</summary>
public enum SessionEndCause
{
    /// <summary>One of the two sides closed it, with a code and a reason.</summary>
    Closed,

    /// <summary>Nothing came from the peer within the idle limit.</summary>
    TimedOut,

    /// <summary>The peer does not know the connection any more, for example after a restart.</summary>
    Reset,

    /// <summary>The transport found an error, here or at the peer.</summary>
    TransportError,
}
