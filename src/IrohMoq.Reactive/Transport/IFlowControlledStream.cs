namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="IReceiveStream"/>: flow-control credit for this stream can be withheld while its bytes are read
/// and credited to the connection. A receiver that buffers what it has read uses it to slow down the sender of one stream without slowing
/// down the others. See RFC 9000, section 4.1.
/// </summary>
public interface IFlowControlledStream
{
    /// <summary>
    /// Gets or sets a value that indicates whether the peer gets no credit for the bytes of this stream that are read. Bytes that were read
    /// meanwhile are credited when it becomes false again. The initial value is false. May be used from any thread.
    /// </summary>
    bool IsCreditWithheld { get; set; }
}
