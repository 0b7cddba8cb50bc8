namespace IrohMoq.Reactive.Transport;

/// <summary>What ended a connection.</summary>
public enum TransportEndCause
{
    /// <summary>One of the two applications closed it, with a code and a reason.</summary>
    ClosedByApplication,

    /// <summary>Nothing came from the peer within the idle limit.</summary>
    TimedOut,

    /// <summary>The peer does not know the connection any more, for example after a restart (stateless reset).</summary>
    Reset,

    /// <summary>The transport found an error, here or at the peer.</summary>
    TransportError,
}
