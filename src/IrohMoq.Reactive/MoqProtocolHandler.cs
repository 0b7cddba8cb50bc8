using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive;

/// <summary>What a <see cref="Router"/> hands moq-lite connections to. It comes from <see cref="Moq.ProtocolHandler"/>.</summary>
public sealed class MoqProtocolHandler : IProtocolHandler
{
    private readonly Moq _moq;

    internal MoqProtocolHandler(Moq moq) => _moq = moq;

    /// <summary>The versions of moq-lite that are spoken, the best first.</summary>
    public IReadOnlyList<string> Protocols => Offered;

    internal static IReadOnlyList<string> Offered => MoqVersions.Offered;

    /// <summary>Takes the connection over as a session. In moq-lite-03 nothing is exchanged before it is live, so this returns at once.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cancellationToken">Not used: nothing waits.</param>
    public ValueTask AcceptAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _moq.Accept(connection);
        return default;
    }

    /// <summary>Shuts the <see cref="Moq"/> down.</summary>
    /// <param name="cancellationToken">Not used: the shutdown has a limit of its own.</param>
    public ValueTask ShutdownAsync(CancellationToken cancellationToken) => _moq.ShutdownAsync();
}
