using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a peer on the network: it dials other peers by their ids and accepts their connections. Every member may be called from any
/// thread.
/// </summary>
public interface IEndpoint : IAsyncDisposable
{
    /// <summary>Gets this peer's own id.</summary>
    EndpointId Id { get; }

    /// <summary>Gets this peer's id and the addresses at which it can be reached.</summary>
    EndpointAddr Address { get; }

    /// <summary>Gets <see cref="Address"/> as a text that can be handed to another peer.</summary>
    EndpointTicket Ticket => new(Address);

    /// <summary>
    /// Gets a task that completes when the endpoint has ended: with null after it was disposed, otherwise with the exception that ended it.
    /// It never faults.
    /// </summary>
    Task<Exception?> Closed { get; }

    /// <summary>Gets the clock and the scheduler of everything that waits on this endpoint.</summary>
    Time.Runtime Runtime { get; }

    /// <summary>
    /// Sets the application protocols (ALPN) that are accepted from now on, the preferred one first. Until it is called, and with an empty
    /// list, connections are refused as <see cref="ConnectError.NotServing"/>.
    /// </summary>
    /// <param name="protocols">The protocols.</param>
    void Listen(IReadOnlyList<string> protocols);

    /// <summary>Accepts the next connection. Its handshake is done, and the id of its peer is verified.</summary>
    /// <param name="cancellationToken">The token that cancels the wait. No connection is lost.</param>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default);

    /// <summary>Dials a peer. It succeeds when the peer has proved its id and has accepted this one.</summary>
    /// <param name="remote">The id of the peer and its addresses.</param>
    /// <param name="protocols">The application protocols (ALPN) that are offered, the preferred one first; the peer chooses.</param>
    /// <param name="cancellationToken">The token that cancels the dial.</param>
    /// <exception cref="MoqConnectException">The dial failed; <see cref="MoqConnectException.Error"/> says why.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default);
}
