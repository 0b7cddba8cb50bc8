using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents the direction of a stream that this side writes. It has one writer at a time; <see cref="Reset"/> may be called from any
/// thread. It must be ended by <see cref="Finish"/> or <see cref="Reset"/>, or it stays open until its connection ends.
/// </summary>
public interface ISendStream
{
    /// <summary>Gets the transport's number of the stream, unique in its connection.</summary>
    long Id { get; }

    /// <summary>
    /// Gets a task that completes when the stream has ended: everything up to its end was acknowledged, this side reset it, the peer
    /// stopped it, or the connection ended. It never faults. The references to written blocks are released by then, or when the connection
    /// is deleted.
    /// </summary>
    Task<StreamEnd> Closed { get; }

    /// <summary>
    /// Writes a copy of the bytes; meant for headers and control messages. Completes when they are queued; waits while the queue of the
    /// stream is full.
    /// </summary>
    /// <param name="bytes">The bytes, of any length. They are copied before the returned task completes.</param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait. A canceled wait resets the stream with code 0, because some of the bytes may have been sent.
    /// </param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or this side reset or finished it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a header, which is copied, and a slice, which is not. The transport holds a reference to the block until the bytes are
    /// acknowledged, the stream is closed or the connection is deleted; a reset alone does not release it.
    /// </summary>
    /// <param name="header">A few bytes that are sent before the slice. May be empty.</param>
    /// <param name="slice">The bytes to send. The caller must hold a reference to the block during the call. The length may be 0.</param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait. A canceled wait resets the stream with code 0, because some of the bytes may have been sent.
    /// </param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or this side reset or finished it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default);

    /// <summary>Ends the stream after the queued data. A later write fails; a further call has no effect.</summary>
    void Finish();

    /// <summary>Ends the stream at once and drops the data that is not sent. Has no effect on a stream that has ended.</summary>
    /// <param name="code">The code that is sent unchanged; a session maps its own codes before.</param>
    void Reset(ulong code);
}
