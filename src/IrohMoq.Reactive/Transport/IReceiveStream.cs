namespace IrohMoq.Reactive.Transport;

/// <summary>
/// The direction of a stream that the peer writes. One reader at a time; <see cref="Stop"/> may come from any thread.
/// One that is not read to its end must be stopped, or it keeps the connection's flow-control credit.
/// </summary>
public interface IReceiveStream
{
    /// <summary>The transport's number of the stream, unique in its connection.</summary>
    long Id { get; }

    /// <summary>Reads what is there, waiting for at least one byte. What arrived before the peer closed the connection is still read.</summary>
    /// <param name="destination">Where the bytes go; not empty. The caller leaves it alone until the read is done.</param>
    /// <param name="cancellationToken">A canceled wait stops the stream with code 0.</param>
    /// <returns>How many bytes were read, or 0 at the end of the stream.</returns>
    /// <exception cref="TransportStreamException">The peer reset the stream, or it was stopped here.</exception>
    /// <exception cref="TransportClosedException">The connection is over and nothing is left to read.</exception>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>Tells the peer that nothing more will be read, and drops what has arrived. Changes nothing on a direction that is over.</summary>
    /// <param name="code">The code as it goes on the wire; a session maps its own codes before it calls this.</param>
    void Stop(ulong code);
}
