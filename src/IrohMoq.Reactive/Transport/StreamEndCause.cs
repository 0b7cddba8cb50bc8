namespace IrohMoq.Reactive.Transport;

/// <summary>Specifies what ended a stream that this side wrote.</summary>
public enum StreamEndCause
{
    /// <summary>The peer's transport acknowledged everything, the end included. Its application may not have read it yet.</summary>
    Acknowledged,

    /// <summary>This side reset the stream.</summary>
    Reset,

    /// <summary>The peer asked this side to stop.</summary>
    Stopped,

    /// <summary>The connection ended first.</summary>
    ConnectionClosed,
}
