namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents one connection of a QUIC-like transport: reliable streams in both directions, and a close with a code and a reason. All
/// members are thread-safe; no code of the caller runs on the transport's own thread.
/// </summary>
/// <remarks>
/// The end of a connection is reported as a value: <see cref="Closed"/> never faults. After the end, every pending and later call fails
/// with a <see cref="TransportClosedException"/> that contains this value. If the peer or the network ended the connection, the data that
/// arrived before can still be accepted and read, and is kept in memory, until the connection is disposed. If this side ended the
/// connection, that data is discarded immediately. Optional capabilities, such as <see cref="IConnectionStatistics"/>, are further
/// interfaces of the same object.
/// </remarks>
public interface ITransportConnection : IAsyncDisposable
{
    /// <summary>Gets the id of the peer: 32 bytes that the transport has verified, or an empty value if the transport has no ids.</summary>
    ReadOnlyMemory<byte> RemoteId { get; }

    /// <summary>Gets the application protocol that both sides agreed on (ALPN), for example <c>moq-lite-03</c>.</summary>
    string Protocol { get; }

    /// <summary>Gets a value that indicates whether this side opened the connection.</summary>
    bool IsOutbound { get; }

    /// <summary>Gets a task that completes when the connection has ended; its result describes how. The task never faults.</summary>
    Task<TransportEnd> Closed { get; }

    /// <summary>
    /// Opens a stream that only this side writes. The peer can accept the stream when a byte, the end or a reset of it has arrived.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token that cancels the wait for the peer's stream limit. A canceled call does not consume a stream.
    /// </param>
    ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a stream that both sides write. The peer can accept the stream when a byte, the end or a reset of it has arrived.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token that cancels the wait for the peer's stream limit. A canceled call does not consume a stream.
    /// </param>
    ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default);

    /// <summary>Accepts the next stream that the peer opened and only the peer writes.</summary>
    /// <param name="cancellationToken">The token that cancels the wait. A canceled call does not lose a stream.</param>
    ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default);

    /// <summary>Accepts the next stream that the peer opened and both sides write.</summary>
    /// <param name="cancellationToken">The token that cancels the wait. A canceled call does not lose a stream.</param>
    ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Closes the connection immediately. Data that is not acknowledged may be lost, and data that is not read is discarded. The method
    /// never blocks; only the first call has an effect.
    /// </summary>
    /// <param name="code">The application's error code, 0 to 2^62 - 1, which is sent unchanged.</param>
    /// <param name="reason">The text for the peer. A long text is truncated to the length that a packet can carry.</param>
    void Close(ulong code, string reason);
}
