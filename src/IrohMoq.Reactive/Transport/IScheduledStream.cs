namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an optional capability of an <see cref="ISendStream"/>: the transport sends the streams of a connection in an order that
/// the sender sets, and may change while they are sent.
/// </summary>
public interface IScheduledStream
{
    /// <summary>
    /// Sets the order in which this stream is sent relative to the other streams of the connection that have data to send. Without this
    /// call, a unidirectional stream has the order <c>default(SendOrder)</c>, and a bidirectional stream is sent before all others. The
    /// method may be called from any thread at any time, and has no effect on a stream that has ended.
    /// </summary>
    /// <param name="order">The new order.</param>
    void Schedule(SendOrder order);

    /// <summary>
    /// Gets a value that indicates whether everything that was written, the end of the stream included, has been sent at least once. Data
    /// that is not acknowledged may have to be sent again.
    /// </summary>
    bool IsSent { get; }
}
