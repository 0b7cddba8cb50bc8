namespace IrohMoq.Reactive.Transport;

/// <summary>Specifies what ended a stream that this side wrote.</summary>
public enum StreamEndCause
{
    /// <summary>
    /// The peer's transport acknowledged all data, including the end of the stream. The peer's application may not have read the data
    /// yet.
    /// </summary>
    Acknowledged,

    /// <summary>This side reset the stream.</summary>
    Reset,

    /// <summary>The peer asked this side to stop sending.</summary>
    Stopped,

    /// <summary>The connection ended before the stream did.</summary>
    ConnectionClosed,
}
