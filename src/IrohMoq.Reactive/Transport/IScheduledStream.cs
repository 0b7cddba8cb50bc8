namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="ISendStream"/>: the transport sends the streams of a connection in an order that the sender
/// sets, and may change while they are sent.
/// </summary>
public interface IScheduledStream
{
    /// <summary>
    /// Sets the place of this stream among the unidirectional streams of the connection that have data to send; bidirectional streams
    /// always go first. The default is <c>default(SendOrder)</c>. May be called from any thread at any time; has no effect on a stream that
    /// has ended.
    /// </summary>
    /// <param name="order">The new place.</param>
    void Schedule(SendOrder order);

    /// <summary>
    /// Gets a value that indicates whether everything that was written, the end of the stream included, has been sent at least once. Data
    /// that is not acknowledged may have to be sent again.
    /// </summary>
    bool IsSent { get; }
}
