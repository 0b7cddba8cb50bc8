using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.Endpoint;

/// <summary>Measures the memory and the CPU time of idle connections of one endpoint, which only keep themselves alive.</summary>
internal sealed class IdlePart : PairPart
{
    // Connections that are made first, so that compilation and pools do not count.
    private const int WarmUp = 20;
    private const int AtOnce = 16;

    // The time after which no handshake and no closing period is in progress.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public override string Name => "idle";

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var (listener, dialer) = await RunPairAsync<Result>(sizes);
        var cells = new List<Cell>();
        foreach (var (subject, result) in new[] { ("dialer", dialer), ("listener", listener) })
        {
            var seconds = sizes.IdleConnections * result.Usage.Seconds;
            cells.Add(new Cell("resident kB/connection", subject, result.Resident / 1e3 / sizes.IdleConnections));
            cells.Add(new Cell("managed kB/connection", subject, result.Managed / 1e3 / sizes.IdleConnections));
            cells.Add(new Cell("cpu us/connection and second", subject, 1e6 * result.Usage.CpuSeconds / seconds));
            cells.Add(new Cell("send calls/connection and second", subject, result.Usage.Calls.Sends / seconds));
            cells.Add(new Cell("receive calls/connection and second", subject, result.Usage.Calls.Receives / seconds));
            cells.Add(new Cell("allocated B/connection and second", subject, result.Usage.Allocated / seconds));
            cells.Add(new Cell("forced switches/s", subject, result.Usage.ForcedSwitches / result.Usage.Seconds));
        }

        return cells;
    }

    public override Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report) =>
        RunAsync(endpoint, sizes, report, () => endpoint.AcceptAsync().AsTask(), isDialer: false);

    public override Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report) =>
        RunAsync(endpoint, sizes, report, () => endpoint.ConnectAsync(peer, [EndpointSide.Protocol]).AsTask(), isDialer: true);

    private static async Task RunAsync(
        IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report, Func<Task<ITransportConnection>> connect, bool isDialer)
    {
        foreach (var connection in await ConnectAsync(WarmUp, connect))
        {
            // The dialer closes the connections, and the listener waits for that.
            if (!isDialer)
                await connection.Closed;
            await connection.DisposeAsync();
        }

        await Task.Delay(Settling);
        var (managed, resident) = (IdleHeap.Collected(), Environment.WorkingSet);
        var connections = await ConnectAsync(sizes.IdleConnections, connect);
        await Task.Delay(Settling);
        (managed, resident) = (IdleHeap.Collected() - managed, Environment.WorkingSet - resident);
        var start = endpoint.Usage();
        await Task.Delay(TimeSpan.FromSeconds(sizes.IdleSeconds));
        await report(new Result(resident, managed, endpoint.Usage() - start));
        GC.KeepAlive(connections);
    }

    private static async Task<List<ITransportConnection>> ConnectAsync(int count, Func<Task<ITransportConnection>> connect)
    {
        var connections = new List<ITransportConnection>(count);
        while (connections.Count < count)
            connections.AddRange(
                await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, count - connections.Count)).Select(_ => connect())));
        return connections;
    }

    /// <summary>Represents the result of one side.</summary>
    /// <param name="Resident">The growth of the resident memory of the process by the connections.</param>
    /// <param name="Managed">The growth of the managed heap by the connections.</param>
    /// <param name="Usage">What the process used while the connections were idle.</param>
    private sealed record Result(long Resident, long Managed, Usage Usage);
}
