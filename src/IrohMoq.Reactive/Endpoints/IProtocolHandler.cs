using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>Handles the connections that a <see cref="Router"/> accepts.</summary>
public interface IProtocolHandler
{
    /// <summary>Gets the application protocols (ALPN) that the handler serves, in order of preference.</summary>
    IReadOnlyList<string> Protocols { get; }

    /// <summary>
    /// Takes over a connection. The handler may return immediately and keep the connection. If the method throws, the router closes the
    /// connection.
    /// </summary>
    /// <param name="connection">The connection, with a complete handshake.</param>
    /// <param name="cancellationToken">The token that is canceled when the router shuts down.</param>
    ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken);

    /// <summary>
    /// Shuts the handler down. The router calls this method once, when it shuts down. Calls of <see cref="AcceptAsync"/> may still be
    /// running or may even begin; their token is canceled.
    /// </summary>
    /// <param name="cancellationToken">The token that is canceled when the router no longer waits.</param>
    ValueTask ShutdownAsync(CancellationToken cancellationToken) => default;
}
