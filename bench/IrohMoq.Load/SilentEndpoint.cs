using System.Net;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load;

/// <summary>Represents an endpoint without a network, for benchmarks that create the connections themselves.</summary>
internal sealed class SilentEndpoint : IEndpoint
{
    private readonly Completion<Exception?> _closed = new(ThreadPoolRuntime.Instance);

    public EndpointId Id { get; } = SecretKey.Generate().Id;

    public EndpointAddr Address => new(Id, new IPEndPoint(IPAddress.Loopback, 1));

    public Task<Exception?> Closed => _closed.Task;

    public Runtime Runtime => ThreadPoolRuntime.Instance;

    public void Listen(IReadOnlyList<string> protocols)
    {
        // This endpoint accepts no connections.
    }

    public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("This endpoint accepts no connections.");

    public ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("This endpoint dials no peers.");

    public ValueTask DisposeAsync()
    {
        _closed.TrySet(null);
        return default;
    }
}
