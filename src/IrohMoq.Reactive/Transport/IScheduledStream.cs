namespace IrohMoq.Reactive.Transport;

/// <summary>An optional capability of an <see cref="ISendStream"/>: the transport serves the streams of a connection in an order that the sender chooses and may change while they are sent.</summary>
public interface IScheduledStream
{
    /// <summary>
    /// Sets the place of this stream among the connection's unidirectional streams that have something to send; streams in both directions always go first. The default is <c>default(SendOrder)</c>.
    /// Any thread, at any time; changes nothing on a stream that is over.
    /// </summary>
    /// <param name="order">The new place.</param>
    void Schedule(SendOrder order);

    /// <summary>True once everything written so far, the end included if there is one, has been sent at least once. What is sent and not acknowledged may have to be sent again.</summary>
    bool IsSent { get; }
}
