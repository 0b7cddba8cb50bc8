using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the handler to which a <see cref="Router"/> passes the connections of moq-lite; see <see cref="Moq.ProtocolHandler"/>.
/// </summary>
public sealed class MoqProtocolHandler : IProtocolHandler
{
    private readonly MoqManager _manager;
    private readonly Func<Task> _shutdown;

    internal MoqProtocolHandler(MoqManager manager, IReadOnlyList<string> protocols, Func<Task> shutdown)
    {
        Protocols = protocols;
        _manager = manager;
        _shutdown = shutdown;
    }

    /// <summary>Gets the versions of moq-lite that are offered and accepted, in order of preference.</summary>
    public IReadOnlyList<string> Protocols { get; }

    /// <summary>Accepts the connection as a session, if <see cref="MoqOptions.AcceptPolicy"/> allows it.</summary>
    /// <param name="connection">The connection, which the handler closes and disposes.</param>
    /// <param name="cancellationToken">The token that ends the wait for the policy; the connection is then refused.</param>
    public ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _manager.AcceptAsync(connection, cancellationToken);
    }

    /// <summary>Shuts down the <see cref="Moq"/> to which the handler belongs.</summary>
    /// <param name="cancellationToken">
    /// Not used, because the shutdown has its own limit: <see cref="MoqOptions.ShutdownTimeout"/>.
    /// </param>
    public ValueTask ShutdownAsync(CancellationToken cancellationToken) => new(_shutdown());
}
