namespace IrohMoq.Reactive.Transport;

/// <summary>
/// An optional capability of an <see cref="ITransportConnection"/>: datagrams, which are not retransmitted when they are lost, and arrive
/// in any order. See RFC 9221. Every member may be called from any thread.
/// </summary>
public interface IDatagramConnection
{
    /// <summary>
    /// Gets the maximum length, in bytes, of a datagram that can be sent at present, or 0 if the peer accepts no datagrams. The value may
    /// change with the network path.
    /// </summary>
    int MaxDatagramSize { get; }

    /// <summary>
    /// Gets the number of datagrams that this side has dropped: received ones that were not read in time, and ones to send that had become
    /// too long for the path. Datagrams that the network has lost are not counted.
    /// </summary>
    long DroppedDatagrams { get; }

    /// <summary>Queues a copy of a datagram. Datagrams are sent before the data of streams, as far as congestion control allows.</summary>
    /// <param name="payload">The datagram, at most <see cref="MaxDatagramSize"/> bytes. It may be empty.</param>
    /// <returns>False if the queue is full; the datagram is then not sent.</returns>
    /// <exception cref="ArgumentException">The datagram is too long.</exception>
    /// <exception cref="NotSupportedException">The peer accepts no datagrams.</exception>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    bool TrySendDatagram(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Receives the next datagram. Received datagrams are kept up to a limit; beyond it the oldest are dropped. Datagrams that arrived
    /// before the end of the connection can still be received.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels the wait. No datagram is lost.</param>
    /// <exception cref="TransportClosedException">The connection has ended, and no datagram is left.</exception>
    ValueTask<ReadOnlyMemory<byte>> ReceiveDatagramAsync(CancellationToken cancellationToken = default);
}
