using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Endpoints in one memory and one virtual time, with a latency; pairs can be cut off from one another.</summary>
internal sealed class MemoryNetwork(Runtime runtime)
{
    private readonly List<MemoryEndpoint> _endpoints = [];
    private readonly HashSet<(EndpointId, EndpointId)> _cuts = [];

    public Runtime Runtime => runtime;

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    public MemoryEndpoint Add(byte name)
    {
        var endpoint = new MemoryEndpoint(this, Peers.Id(name));
        _endpoints.Add(endpoint);
        return endpoint;
    }

    public MemoryEndpoint? Find(EndpointId id) => _endpoints.Find(endpoint => endpoint.Id == id && !endpoint.IsOver);

    /// <summary>Nothing passes between the two any more; their connections die of it.</summary>
    public void Cut(MemoryEndpoint one, MemoryEndpoint other)
    {
        _cuts.Add((one.Id, other.Id));
        _cuts.Add((other.Id, one.Id));
        After(IdleTimeout, () =>
        {
            one.DropConnectionsWith(other.Id);
            other.DropConnectionsWith(one.Id);
        });
    }

    /// <summary>Hands something over after the latency, in order, unless the way is cut.</summary>
    public void Send(EndpointId from, EndpointId to, Action arrive)
    {
        if (!_cuts.Contains((from, to)))
            After(Latency, arrive);
    }

    private void After(TimeSpan time, Action action) => runtime.CreateTimer(static state => ((Action)state!)(), action, time, Timeout.InfiniteTimeSpan);
}

/// <summary>Ids for tests.</summary>
internal static class Peers
{
    public static EndpointId Id(byte name) => new(Enumerable.Repeat(name, EndpointId.Size).ToArray());

    public static EndpointAddr Addr(byte name) => new(Id(name));
}

/// <summary>One peer of a <see cref="MemoryNetwork"/>.</summary>
internal sealed class MemoryEndpoint(MemoryNetwork network, EndpointId id) : IEndpoint
{
    private readonly Mailbox<ITransportConnection> _incoming = new(network.Runtime, 10_000);
    private readonly Completion<Exception?> _closed = new(network.Runtime);
    private readonly List<MemoryConnection> _connections = [];
    private IReadOnlyList<string> _protocols = [];

    public EndpointId Id => id;

    public EndpointAddr Address => new(id);

    public Task<Exception?> Closed => _closed.Task;

    public Runtime Runtime => network.Runtime;

    public bool IsOver => _closed.IsSet;

    /// <summary>How many dials were begun.</summary>
    public int Dials { get; private set; }

    /// <summary>What a dial throws instead of dialing.</summary>
    public Func<Exception>? DialFault { get; set; }

    public IEnumerable<MemoryConnection> Open => _connections.Where(connection => !connection.IsOver);

    public void Listen(IReadOnlyList<string> protocols) => _protocols = protocols;

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _incoming.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_incoming.TryRead(out var connection))
                return connection;
        }

        throw new ObjectDisposedException(nameof(MemoryEndpoint));
    }

    public async ValueTask<ITransportConnection> ConnectAsync(EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        Dials++;
        if (DialFault is { } fault)
            throw fault();
        var result = new Completion<MemoryConnection?>(network.Runtime);
        using var canceled = cancellationToken.UnsafeRegister(_ => result.TryFail(new OperationCanceledException(cancellationToken)), null);
        network.Send(id, remote.Id, () => network.Find(remote.Id)?.Arrive(this, protocols, result));
        return await result.Task.ConfigureAwait(false)
            ?? throw new MoqConnectException(ConnectError.NoCommonProtocol, "The peer speaks none of the protocols.", isRemote: true);
    }

    public void Die(Exception? fault)
    {
        if (!_closed.TrySet(fault))
            return;
        foreach (var connection in _connections.ToArray())
            connection.Close(0, "");
        _incoming.End();
    }

    public ValueTask DisposeAsync()
    {
        Die(null);
        return default;
    }

    public void DropConnectionsWith(EndpointId peer)
    {
        foreach (var connection in _connections.Where(connection => connection.Peer == peer).ToArray())
            connection.End(new TransportEnd(TransportEndCause.TimedOut, 0, "", false));
    }

    private void Arrive(MemoryEndpoint dialer, IReadOnlyList<string> protocols, Completion<MemoryConnection?> result)
    {
        var protocol = protocols.FirstOrDefault(_protocols.Contains);
        if (protocol is null)
        {
            network.Send(id, dialer.Id, () => result.TrySet(null));
            return;
        }

        var here = new MemoryConnection(network, id, dialer.Id, protocol, isOutbound: false);
        var there = new MemoryConnection(network, dialer.Id, id, protocol, isOutbound: true);
        (here.Other, there.Other) = (there, here);
        _connections.Add(here);
        dialer._connections.Add(there);
        _incoming.TryWrite(here);
        network.Send(id, dialer.Id, () =>
        {
            if (!result.TrySet(there))
                there.Close(0, "");
        });
    }
}
