using System.Net;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>An endpoint that notes which of its connections have been disposed.</summary>
internal sealed class CountedEndpoint(InMemoryEndpoint inner) : IEndpoint
{
    private readonly List<CountedConnection> _connections = [];

    public EndpointId Id => inner.Id;

    public EndpointAddr Address => inner.Address;

    public Task<Exception?> Closed => inner.Closed;

    public Runtime Runtime => inner.Runtime;

    /// <summary>Gets the number of connections that were opened, and the number of those that were not disposed.</summary>
    public (int All, int Kept) Connections => (_connections.Count, _connections.Count(static connection => !connection.IsDisposed));

    /// <summary>
    /// Gets or sets the address that every dial uses instead of its own: two attempts of one dial both succeed, or another peer answers.
    /// </summary>
    public EndpointAddr? DialInstead { get; set; }

    public void Listen(IReadOnlyList<string> protocols) => inner.Listen(protocols);

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        Count(await inner.AcceptAsync(cancellationToken).ConfigureAwait(false));

    public async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        // The token is canceled too late to stop the dial: both attempts succeed.
        Count(await inner
            .ConnectAsync(DialInstead ?? remote, protocols, DialInstead is null ? cancellationToken : CancellationToken.None)
            .ConfigureAwait(false));

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>Returns another address of a peer, at which no endpoint listens.</summary>
    public static EndpointAddr Elsewhere(EndpointAddr peer) => new(peer.Id, new IPEndPoint(IPAddress.Parse("10.99.0.1"), 1));

    private CountedConnection Count(ITransportConnection connection)
    {
        var counted = new CountedConnection(connection);
        _connections.Add(counted);
        return counted;
    }

    private sealed class CountedConnection(ITransportConnection inner) : ITransportConnection
    {
        public bool IsDisposed { get; private set; }

        public ReadOnlyMemory<byte> RemoteId => inner.RemoteId;

        public string Protocol => inner.Protocol;

        public bool IsOutbound => inner.IsOutbound;

        public Task<TransportEnd> Closed => inner.Closed;

        public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) => inner.OpenUniAsync(cancellationToken);

        public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) => inner.OpenBidiAsync(cancellationToken);

        public ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptUniAsync(cancellationToken);

        public ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptBidiAsync(cancellationToken);

        public void Close(ulong code, string reason) => inner.Close(code, reason);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return inner.DisposeAsync();
        }
    }
}
