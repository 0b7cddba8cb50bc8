using System.Diagnostics;
using IrohMoq.Load;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Two thousand connections that are open and not used.</summary>
[NonParallelizable]
public class IdleConnectionTests
{
    private const int Count = 2_000;
    private const double MaxManagedBytes = 8_000;
    private const double MaxNativeBytes = 50_000;
    private const double MaxCpuMicroseconds = 500;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(60_000)]
    public async Task IdleConnections_CostLittle_AndAllWork(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { KeepAlive = KeepAlive });
        await ManyConnections.CloseAsync(await ManyConnections.ConnectAsync(endpoints, 200, token));
        var before = ProcessUsage.Measure();
        var connections = await ManyConnections.ConnectAsync(endpoints, Count, token);
        var after = ProcessUsage.Measure();
        ITransportConnection[] all = [.. connections.Dialed, .. connections.Accepted];
        var cpu = await MeasureCpuAsync(all, token);

        var (managed, native) = (
            (double)(after.ManagedHeap - before.ManagedHeap) / all.Length, (double)(after.NativeHeap - before.NativeHeap) / all.Length);
        await TestContext.Out.WriteLineAsync(
            $"Each end of a connection: {managed / 1e3:0.0} kB managed, {native / 1e3:0.0} kB native, "
            + $"{(double)(after.Resident - before.Resident) / all.Length / 1e3:0.0} kB resident, {cpu:0} us of CPU a second with a "
            + $"keep-alive of {KeepAlive.TotalSeconds:0} s.");
        Assert.That(managed, Is.LessThan(MaxManagedBytes));
        Assert.That(native, Is.LessThan(MaxNativeBytes));
        Assert.That(cpu, Is.LessThan(MaxCpuMicroseconds));

        foreach (var connection in connections.Dialed)
            (await ManyStreams.OpenAsync(connection, isUni: true, size: 100, token)).Finish();
        foreach (var connection in connections.Accepted)
            await ManyStreams.CheckAsync(await ManyStreams.AcceptAsync(connection, isUni: true, token), 100, token);
        await ManyConnections.CloseAsync(connections);
    }

    /// <summary>
    /// Measures the CPU time, in microseconds per connection and second, until each connection has received a packet, which the keep-alive
    /// causes.
    /// </summary>
    private static async Task<double> MeasureCpuAsync(ITransportConnection[] connections, CancellationToken token)
    {
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var waiting = connections.Select(static connection => (Connection: connection, Before: CountPackets(connection))).ToList();
        await ManyConnections.WaitAsync(
            () => waiting.RemoveAll(static waiter => CountPackets(waiter.Connection) > waiter.Before) >= 0 && waiting.Count == 0, token);
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / connections.Length / clock.Elapsed.TotalSeconds;
    }

    private static long CountPackets(ITransportConnection connection) =>
        ((IConnectionStatistics)connection).GetStatistics().PacketsReceived ?? 0;
}
