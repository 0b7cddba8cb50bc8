using System.Net;
using IrohMoq.Reactive.Testing.Tests.Transport;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>An endpoint that notes which of its connections have been disposed.</summary>
internal sealed class CountedEndpoint(InMemoryEndpoint inner) : WrappedEndpoint(inner)
{
    private readonly List<CountedConnection> _connections = [];

    /// <summary>Gets the number of connections that were opened, and the number of those that were not disposed.</summary>
    public (int All, int Kept) Connections => (_connections.Count, _connections.Count(static connection => !connection.IsDisposed));

    /// <summary>
    /// Gets or sets the address that every dial uses instead of its own: two attempts of one dial both succeed, or another peer answers.
    /// </summary>
    public EndpointAddr? DialInstead { get; set; }

    public override async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        Count(await base.AcceptAsync(cancellationToken).ConfigureAwait(false));

    public override async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        // The token is canceled too late to stop the dial: both attempts succeed.
        Count(await base
            .ConnectAsync(DialInstead ?? remote, protocols, DialInstead is null ? cancellationToken : CancellationToken.None)
            .ConfigureAwait(false));

    /// <summary>Returns another address of a peer, at which no endpoint listens.</summary>
    public static EndpointAddr Elsewhere(EndpointAddr peer) => new(peer.Id, new IPEndPoint(IPAddress.Parse("10.99.0.1"), 1));

    private CountedConnection Count(ITransportConnection connection)
    {
        var counted = new CountedConnection(connection);
        _connections.Add(counted);
        return counted;
    }

    private sealed class CountedConnection(ITransportConnection inner) : WrappedConnection(inner)
    {
        public bool IsDisposed { get; private set; }

        public override ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return base.DisposeAsync();
        }
    }
}
