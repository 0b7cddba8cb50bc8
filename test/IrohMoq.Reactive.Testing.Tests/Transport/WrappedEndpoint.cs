using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>Represents an endpoint that passes every call on to another one, and of which a derived type changes some.</summary>
internal abstract class WrappedEndpoint(IEndpoint inner) : IEndpoint
{
    public EndpointId Id => inner.Id;

    public EndpointAddr Address => inner.Address;

    public virtual Task<Exception?> Closed => inner.Closed;

    public Runtime Runtime => inner.Runtime;

    public void Listen(IReadOnlyList<string> protocols) => inner.Listen(protocols);

    public virtual ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        inner.AcceptAsync(cancellationToken);

    public virtual ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        inner.ConnectAsync(remote, protocols, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
