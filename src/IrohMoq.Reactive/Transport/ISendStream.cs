using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents the direction of a stream that this side writes. Only one caller may write at a time; <see cref="Reset"/> may be called
/// from any thread. The stream must be ended by <see cref="Finish"/> or <see cref="Reset"/>; otherwise it stays open until its connection
/// ends.
/// </summary>
public interface ISendStream
{
    /// <summary>Gets the number that the transport assigned to the stream. It is unique in the connection.</summary>
    long Id { get; }

    /// <summary>
    /// Gets a task that completes when the stream has ended: everything up to its end was acknowledged, this side reset it, the peer
    /// stopped it, or the connection ended. The task never faults. The references to written blocks are released when the task completes
    /// or when the connection is deleted.
    /// </summary>
    Task<StreamEnd> Closed { get; }

    /// <summary>
    /// Writes a copy of the bytes; meant for headers and control messages. The returned task completes when the bytes are queued; it
    /// waits while the queue of the stream is full.
    /// </summary>
    /// <param name="bytes">The bytes, of any length. They are copied before the returned task completes.</param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait. A canceled wait resets the stream with code 0, because some of the bytes may have been sent.
    /// </param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or this side reset or finished it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a header, which is copied, and a slice, which is not copied. The transport holds a reference to the block of the slice
    /// until the bytes are acknowledged, the stream is closed or the connection is deleted; a reset alone does not release the reference.
    /// </summary>
    /// <param name="header">The bytes to send before the slice. They should be few, and may be empty.</param>
    /// <param name="slice">The bytes to send. The caller must hold a reference to the block during the call. The length may be 0.</param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait. A canceled wait resets the stream with code 0, because some of the bytes may have been sent.
    /// </param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or this side reset or finished it.</exception>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default);

    /// <summary>Ends the stream normally after the queued data. A later write fails; a further call has no effect.</summary>
    void Finish();

    /// <summary>
    /// Ends the stream immediately and discards the data that has not been sent. Has no effect on a stream that has ended.
    /// </summary>
    /// <param name="code">The error code, which is sent unchanged. A session maps its own codes to wire codes before this call.</param>
    void Reset(ulong code);
}
