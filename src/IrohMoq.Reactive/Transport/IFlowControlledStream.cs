namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an optional capability of an <see cref="IReceiveStream"/>: flow-control credit for this stream can be withheld while its
/// bytes are read and credited to the connection. A receiver that buffers the bytes that it has read uses this capability to slow down
/// the sender of one stream without slowing down the others. See RFC 9000, section 4.1.
/// </summary>
public interface IFlowControlledStream
{
    /// <summary>
    /// Gets or sets a value that indicates whether the peer receives no credit for the bytes that are read from this stream. When the
    /// value becomes false again, the bytes that were read meanwhile are credited. The initial value is false. This property is
    /// thread-safe.
    /// </summary>
    bool IsCreditWithheld { get; set; }
}
