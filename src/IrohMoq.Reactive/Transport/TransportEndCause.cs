namespace IrohMoq.Reactive.Transport;

/// <summary>Specifies what ended a connection.</summary>
public enum TransportEndCause
{
    /// <summary>One of the two applications closed the connection, with a code and a reason.</summary>
    ClosedByApplication,

    /// <summary>Nothing arrived from the peer within the idle timeout.</summary>
    TimedOut,

    /// <summary>The peer no longer knows the connection, for example because the peer was restarted (a stateless reset).</summary>
    Reset,

    /// <summary>The transport of one of the two sides detected an error.</summary>
    TransportError,
}
