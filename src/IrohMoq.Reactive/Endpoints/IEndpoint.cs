using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// One peer's place on the network: it dials other peers by id and accepts their connections.
/// Every member may be called from any thread.
/// </summary>
public interface IEndpoint : IAsyncDisposable
{
    /// <summary>This peer's own id.</summary>
    EndpointId Id { get; }

    /// <summary>This peer's id and where it can be reached.</summary>
    EndpointAddr Address { get; }

    /// <summary>Completes when the endpoint is over: with null after a dispose, otherwise with what killed it. Never faults.</summary>
    Task<Exception?> Closed { get; }

    /// <summary>The clock and turns that everything on this endpoint waits on.</summary>
    Time.Runtime Runtime { get; }

    /// <summary>Says which application protocols (ALPN) are accepted from now on, the preferred one first. Until it is called, and with an empty list, nobody can connect.</summary>
    /// <param name="protocols">The protocols.</param>
    void Listen(IReadOnlyList<string> protocols);

    /// <summary>Waits for the next connection whose handshake is done and whose peer's id is verified.</summary>
    /// <param name="cancellationToken">Ends the wait; no connection is lost.</param>
    /// <exception cref="ObjectDisposedException">The endpoint is over.</exception>
    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default);

    /// <summary>Dials a peer. Succeeds only when the peer has proved its id and has accepted this one.</summary>
    /// <param name="remote">Whom to dial and where.</param>
    /// <param name="protocols">The application protocols (ALPN) that are offered, the preferred one first; the peer chooses.</param>
    /// <param name="cancellationToken">Gives the dial up.</param>
    /// <exception cref="MoqConnectException">The dial failed; its reason tells why.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint is over.</exception>
    ValueTask<ITransportConnection> ConnectAsync(EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default);
}
