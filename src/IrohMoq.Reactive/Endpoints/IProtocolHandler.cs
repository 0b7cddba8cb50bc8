using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>What a router hands accepted connections to.</summary>
public interface IProtocolHandler
{
    /// <summary>The application protocols (ALPN) it serves, the preferred one first.</summary>
    IReadOnlyList<string> Protocols { get; }

    /// <summary>Takes a connection over. It may return at once and keep the connection; a connection of a call that throws is closed by the router.</summary>
    /// <param name="connection">The connection, its handshake done.</param>
    /// <param name="cancellationToken">Canceled when the router shuts down.</param>
    ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken);

    /// <summary>
    /// Called once when the router shuts down: ends what the handler keeps. Calls of <see cref="AcceptAsync"/> may still be running, or just begin, then;
    /// their token is or will be canceled.
    /// </summary>
    /// <param name="cancellationToken">Canceled when the router waits no longer.</param>
    ValueTask ShutdownAsync(CancellationToken cancellationToken) => default;
}
