namespace IrohMoq.Reactive.Transport;

/// <summary>What ended a direction that this side wrote.</summary>
public enum StreamEndCause
{
    /// <summary>Everything was acknowledged by the peer's transport, the end included. It is not said that its application has read it.</summary>
    Acknowledged,

    /// <summary>This side reset it.</summary>
    Reset,

    /// <summary>The peer asked to stop.</summary>
    Stopped,

    /// <summary>The connection ended first.</summary>
    ConnectionClosed,
}
