using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>
/// Represents a connection that passes every call on to another one, and of which a derived type changes some. It has none of the optional
/// features of the other one: it measures nothing, and sends no datagrams.
/// </summary>
internal class WrappedConnection(ITransportConnection inner) : ITransportConnection
{
    public ReadOnlyMemory<byte> RemoteId => inner.RemoteId;

    public string Protocol => inner.Protocol;

    public bool IsOutbound => inner.IsOutbound;

    public Task<TransportEnd> Closed => inner.Closed;

    public virtual ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) =>
        inner.OpenUniAsync(cancellationToken);

    public virtual ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) =>
        inner.OpenBidiAsync(cancellationToken);

    public virtual ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
        inner.AcceptUniAsync(cancellationToken);

    public virtual ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) =>
        inner.AcceptBidiAsync(cancellationToken);

    public virtual void Close(ulong code, string reason) => inner.Close(code, reason);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}
