using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive;

/// <summary>The handler that a <see cref="Router"/> gives the connections of moq-lite to; see <see cref="Moq.ProtocolHandler"/>.</summary>
public sealed class MoqProtocolHandler : IProtocolHandler
{
    private readonly MoqManager _manager;
    private readonly Func<Task> _shutdown;

    internal MoqProtocolHandler(MoqManager manager, Func<Task> shutdown)
    {
        _manager = manager;
        _shutdown = shutdown;
    }

    /// <summary>Gets the supported versions of moq-lite, the preferred one first.</summary>
    public IReadOnlyList<string> Protocols => Offered;

    internal static IReadOnlyList<string> Offered => MoqVersions.Offered;

    /// <summary>Accepts the connection as a session, if <see cref="MoqOptions.AcceptPolicy"/> allows it.</summary>
    /// <param name="connection">The connection. The handler closes and disposes it.</param>
    /// <param name="cancellationToken">Ends the wait for the policy, and refuses the connection.</param>
    public ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _manager.AcceptAsync(connection, cancellationToken);
    }

    /// <summary>Shuts the <see cref="Moq"/> down.</summary>
    /// <param name="cancellationToken">Not used: the shutdown has its own limit, <see cref="MoqOptions.ShutdownTimeout"/>.</param>
    public ValueTask ShutdownAsync(CancellationToken cancellationToken) => new(_shutdown());
}
