using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a peer on the network that dials other peers by their IDs and accepts their connections. Every member may be called from
/// any thread.
/// </summary>
public interface IEndpoint : IAsyncDisposable
{
    /// <summary>Gets the ID of this peer.</summary>
    EndpointId Id { get; }

    /// <summary>Gets the ID of this peer and the addresses at which it can be reached.</summary>
    EndpointAddr Address { get; }

    /// <summary>Gets <see cref="Address"/> as text that can be passed to another peer.</summary>
    EndpointTicket Ticket => new(Address);

    /// <summary>
    /// Gets a task that completes when the endpoint has ended: with null after it was disposed, otherwise with the exception that ended
    /// it. The task never faults.
    /// </summary>
    Task<Exception?> Closed { get; }

    /// <summary>Gets the runtime, which provides the clock and the scheduler for all asynchronous operations of this endpoint.</summary>
    Time.Runtime Runtime { get; }

    /// <summary>
    /// Sets the application protocols (ALPN) that the endpoint accepts from now on, in order of preference. Before the first call, and
    /// with an empty list, connections are refused as <see cref="ConnectError.NotServing"/>.
    /// </summary>
    /// <param name="protocols">The protocols.</param>
    void Listen(IReadOnlyList<string> protocols);

    /// <summary>Accepts the next connection. The handshake of the connection is complete, and the ID of its peer is verified.</summary>
    /// <param name="cancellationToken">The token that cancels the wait without losing a connection.</param>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default);

    /// <summary>Dials a peer. The dial succeeds when the peer has proved its ID and has accepted this peer.</summary>
    /// <param name="remote">The ID of the peer and its addresses.</param>
    /// <param name="protocols">The application protocols (ALPN) to offer, in order of preference; the peer chooses one.</param>
    /// <param name="cancellationToken">The token that cancels the dial.</param>
    /// <exception cref="MoqConnectException">The dial failed; <see cref="MoqConnectException.Error"/> specifies the reason.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default);
}
