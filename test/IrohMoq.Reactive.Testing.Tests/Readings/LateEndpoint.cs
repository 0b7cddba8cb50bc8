using IrohMoq.Reactive.Testing.Tests.Transport;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Represents an endpoint on a busy machine: what arrives on a bidirectional stream of a peer is processed later than the end of the
/// connection, although it arrived before.
/// </summary>
internal sealed class LateEndpoint(InMemoryEndpoint inner) : WrappedEndpoint(inner)
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(5);

    public override async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        new Connection(await base.AcceptAsync(cancellationToken), Runtime);

    private sealed class Connection(ITransportConnection inner, Runtime runtime) : WrappedConnection(inner)
    {
        public override async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
        {
            var stream = await base.AcceptBidiAsync(cancellationToken);
            return stream with { Receive = new ReceiveStream(stream.Receive, runtime) };
        }
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
