namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents the direction of a stream that the peer writes. It has one reader at a time; <see cref="Stop"/> may be called from any
/// thread. A stream that is not read to its end must be stopped, or it keeps the connection's flow-control credit.
/// </summary>
public interface IReceiveStream
{
    /// <summary>Gets the transport's number of the stream, unique in its connection.</summary>
    long Id { get; }

    /// <summary>
    /// Reads the available bytes, and waits for at least one. Bytes that arrived before the peer closed the connection are still read.
    /// </summary>
    /// <param name="destination">The memory that receives the bytes; not empty. It must not be used until the read has completed.</param>
    /// <param name="cancellationToken">The token that cancels the wait. A canceled wait stops the stream with code 0.</param>
    /// <returns>The number of bytes that were read, or 0 at the end of the stream.</returns>
    /// <exception cref="TransportStreamException">The peer reset the stream, or this side stopped it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended and nothing is left to read.</exception>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>Asks the peer to stop sending, and drops what has arrived. Has no effect on a stream that has ended.</summary>
    /// <param name="code">The code that is sent unchanged; a session maps its own codes before.</param>
    void Stop(ulong code);
}
