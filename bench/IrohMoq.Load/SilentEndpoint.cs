using System.Net;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load;

/// <summary>An endpoint without a network, for connections that a bench makes itself.</summary>
internal sealed class SilentEndpoint : IEndpoint
{
    private readonly OneShot<Exception?> _closed = new(PoolTurns.Instance);

    public EndpointId Id { get; } = SecretKey.Generate().Id;

    public EndpointAddr Address => new(Id, new IPEndPoint(IPAddress.Loopback, 1));

    public Task<Exception?> Closed => _closed.Task;

    public Turns Turns => PoolTurns.Instance;

    public void Listen(IReadOnlyList<string> protocols)
    {
        // Nobody comes.
    }

    public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("Nobody comes.");

    public ValueTask<ITransportConnection> ConnectAsync(EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nobody is there.");

    public ValueTask DisposeAsync()
    {
        _closed.TrySet(null);
        return default;
    }
}
