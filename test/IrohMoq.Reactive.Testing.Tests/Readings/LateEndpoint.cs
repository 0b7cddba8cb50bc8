using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Represents an endpoint on a busy machine: what arrives on a bidirectional stream of a peer is processed later than the end of the
/// connection, although it arrived before.
/// </summary>
internal sealed class LateEndpoint(InMemoryEndpoint inner) : IEndpoint
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(5);

    public EndpointId Id => inner.Id;

    public EndpointAddr Address => inner.Address;

    public Task<Exception?> Closed => inner.Closed;

    public Runtime Runtime => inner.Runtime;

    public void Listen(IReadOnlyList<string> protocols) => inner.Listen(protocols);

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        new Connection(await inner.AcceptAsync(cancellationToken), Runtime);

    public ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        inner.ConnectAsync(remote, protocols, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Connection(ITransportConnection inner, Runtime runtime) : ITransportConnection
    {
        public ReadOnlyMemory<byte> RemoteId => inner.RemoteId;

        public string Protocol => inner.Protocol;

        public bool IsOutbound => inner.IsOutbound;

        public Task<TransportEnd> Closed => inner.Closed;

        public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) => inner.OpenUniAsync(cancellationToken);

        public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) => inner.OpenBidiAsync(cancellationToken);

        public ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptUniAsync(cancellationToken);

        public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
        {
            var stream = await inner.AcceptBidiAsync(cancellationToken);
            return stream with { Receive = new ReceiveStream(stream.Receive, runtime) };
        }

        public void Close(ulong code, string reason) => inner.Close(code, reason);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class ReceiveStream(IReceiveStream inner, Runtime runtime) : IReceiveStream
    {
        public long Id => inner.Id;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
        {
            var length = await inner.ReadAsync(destination, cancellationToken);
            await runtime.DelayAsync(Lateness, cancellationToken);
            return length;
        }

        public void Stop(ulong code) => inner.Stop(code);
    }
}
