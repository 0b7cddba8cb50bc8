namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents the direction of a stream that the peer writes. Only one caller may read at a time; <see cref="Stop"/> may be called from
/// any thread. A stream that is not read to its end must be stopped; otherwise it keeps flow-control credit of the connection in use.
/// </summary>
public interface IReceiveStream
{
    /// <summary>Gets the number that the transport assigned to the stream. It is unique in the connection.</summary>
    long Id { get; }

    /// <summary>
    /// Reads the available bytes, after waiting for at least one. Bytes that arrived before the peer closed the connection can still be
    /// read.
    /// </summary>
    /// <param name="destination">
    /// The memory that receives the bytes. It must not be empty, and must not be used until the read has completed.
    /// </param>
    /// <param name="cancellationToken">The token that cancels the wait. A canceled wait stops the stream with code 0.</param>
    /// <returns>The number of bytes that were read, or 0 at the end of the stream.</returns>
    /// <exception cref="TransportStreamException">The peer reset the stream, or this side stopped it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended and nothing is left to read.</exception>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>Asks the peer to stop sending, and discards the data that has arrived. Has no effect on a stream that has ended.</summary>
    /// <param name="code">The error code, which is sent unchanged. A session maps its own codes to wire codes before this call.</param>
    void Stop(ulong code);
}
