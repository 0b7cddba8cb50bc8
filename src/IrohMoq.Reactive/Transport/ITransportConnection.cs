namespace IrohMoq.Reactive.Transport;

/// <summary>
/// One connection of a QUIC-like transport: reliable streams in both directions and a close with code and reason.
/// Every member may be called from any thread; nothing of the caller's ever runs on the transport's own thread.
/// </summary>
/// <remarks>
/// Ends are values: <see cref="Closed"/> never faults. After the end every pending and later call fails with a
/// <see cref="TransportClosedException"/> that carries it. After an end that came from the peer or the network, what has arrived before can still be accepted and read, and its memory is kept, until
/// the connection is disposed. After an end on this side it is dropped at once: who closes reads nothing more.
/// Optional capabilities are further interfaces on the same object.
/// </remarks>
public interface ITransportConnection : IAsyncDisposable
{
    /// <summary>The peer's id as 32 opaque bytes that the transport has verified, or empty where it knows none.</summary>
    ReadOnlyMemory<byte> RemoteId { get; }

    /// <summary>The application protocol that both sides agreed on (ALPN), for example <c>moq-lite-03</c>.</summary>
    string Protocol { get; }

    /// <summary>True on the side that dialed.</summary>
    bool IsOutbound { get; }

    /// <summary>Completes when the connection is over, with how it ended. Never faults.</summary>
    Task<TransportEnd> Closed { get; }

    /// <summary>Opens a stream that only this side writes. The peer sees it with the first byte, end or reset.</summary>
    /// <param name="cancellationToken">Ends the wait for the peer's stream limit; no stream is used up.</param>
    ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens a stream that both sides write. The peer sees it with the first byte, end or reset.</summary>
    /// <param name="cancellationToken">Ends the wait for the peer's stream limit; no stream is used up.</param>
    ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the next stream that only the peer writes.</summary>
    /// <param name="cancellationToken">Ends the wait; no stream is lost.</param>
    ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the next stream of the peer that both sides write.</summary>
    /// <param name="cancellationToken">Ends the wait; no stream is lost.</param>
    ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default);

    /// <summary>Closes the connection at once; what is not acknowledged may be lost, and what is not read is dropped. The first close wins, later ones change nothing. Never blocks.</summary>
    /// <param name="code">The application's code, 0 to 2^62 - 1, sent as it is.</param>
    /// <param name="reason">Text for the peer; long texts are cut to what a packet carries.</param>
    void Close(ulong code, string reason);
}
