using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// The direction of a stream that this side writes. One writer at a time; <see cref="Reset"/> may come from any thread.
/// It must end in <see cref="Finish"/> or <see cref="Reset"/>: one that is merely forgotten stays open until its connection ends.
/// </summary>
public interface ISendStream
{
    /// <summary>The transport's number of the stream, unique in its connection.</summary>
    long Id { get; }

    /// <summary>
    /// Completes when the direction is over: everything up to the end acknowledged, reset by this side, stopped by the peer, or connection closed.
    /// Never faults. Blocks that were written are given back by then, or when the connection is deleted.
    /// </summary>
    Task<StreamEnd> Closed { get; }

    /// <summary>Writes a copy of the bytes; meant for headers and control messages. Completes when they are queued, waiting while the stream's queue is full.</summary>
    /// <param name="bytes">Copied before the call returns to the caller's next step; any length.</param>
    /// <param name="cancellationToken">A canceled wait resets the stream with code 0: part of the bytes may be on the way.</param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or it was reset or finished here.</exception>
    /// <exception cref="TransportClosedException">The connection is over.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes the bytes without copying them: first the header (copied), then the slice. The transport takes a reference of its own to the block and gives
    /// it back when the bytes are acknowledged, the stream is closed or the connection deleted; never merely at a reset.
    /// </summary>
    /// <param name="header">A few bytes that go before the slice; copied. May be empty.</param>
    /// <param name="slice">What to send; the caller must hold a reference during the call. May be of length 0.</param>
    /// <param name="cancellationToken">A canceled wait resets the stream with code 0: part of the bytes may be on the way.</param>
    /// <exception cref="TransportStreamException">The peer stopped the stream, or it was reset or finished here.</exception>
    /// <exception cref="TransportClosedException">The connection is over.</exception>
    ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default);

    /// <summary>Ends the direction after what is queued. Writing after it fails; calling it again changes nothing.</summary>
    void Finish();

    /// <summary>Ends the direction at once, dropping what is not sent. Changes nothing on a direction that is over.</summary>
    /// <param name="code">The code as it goes on the wire; a session maps its own codes before it calls this.</param>
    void Reset(ulong code);
}
