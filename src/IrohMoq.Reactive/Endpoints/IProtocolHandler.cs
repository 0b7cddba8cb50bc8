using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>Handles the connections that a <see cref="Router"/> accepts.</summary>
public interface IProtocolHandler
{
    /// <summary>Gets the application protocols (ALPN) that the handler serves, the preferred one first.</summary>
    IReadOnlyList<string> Protocols { get; }

    /// <summary>
    /// Takes a connection over. The handler may return at once and keep the connection. If it throws, the router closes the connection.
    /// </summary>
    /// <param name="connection">The connection, its handshake done.</param>
    /// <param name="cancellationToken">Canceled when the router shuts down.</param>
    ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken);

    /// <summary>
    /// Ends what the handler keeps. The router calls it once, when it shuts down. Calls of <see cref="AcceptAsync"/> may still be running
    /// or begin then; their token is canceled.
    /// </summary>
    /// <param name="cancellationToken">Canceled when the router no longer waits.</param>
    ValueTask ShutdownAsync(CancellationToken cancellationToken) => default;
}
