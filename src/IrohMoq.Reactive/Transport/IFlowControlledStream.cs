namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="IReceiveStream"/>: its bytes are read, and the connection's credit goes back, while the peer gets no new credit for this one stream. A receiver that keeps what it
/// has read uses it to hold back one sender without holding back the others. See RFC 9000, section 4.1.
/// </summary>
public interface IFlowControlledStream
{
    /// <summary>
    /// True while reading gives the peer no credit for this stream. What was read meanwhile is credited when it becomes false again. The initial value is false. Any thread; setting the value that it has costs nothing.
    /// </summary>
    bool IsCreditWithheld { get; set; }
}
