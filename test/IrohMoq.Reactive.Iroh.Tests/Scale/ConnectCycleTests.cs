using IrohMoq.Load;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Connections that are opened and closed again, ten thousand times.</summary>
[NonParallelizable]
public class ConnectCycleTests
{
    private const int AtOnce = 50;
    private const int WarmUp = 1_000;
    private const int Count = 10_000;
    private const double MaxManagedBytes = 100;
    private const double MaxNativeBytes = 1_000;

    [Test]
    [CancelAfter(120_000)]
    public async Task ConnectAndClose_LeavesNothing(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await CycleAsync(endpoints, WarmUp, token);
        var before = ProcessUsage.Measure();
        await CycleAsync(endpoints, Count, token);
        var after = ProcessUsage.Measure();

        var managed = (double)(after.ManagedHeap - before.ManagedHeap) / Count;
        var native = (double)(after.NativeHeap - before.NativeHeap) / Count;
        await TestContext.Out.WriteLineAsync(
            $"Each connection has left {managed:0} bytes on the managed heap and {native:0} on the native heap; resident "
            + $"{before.Resident / 1e6:0} to {after.Resident / 1e6:0} MB, {before.Handles} to {after.Handles} handles.");
        Assert.That(managed, Is.LessThan(MaxManagedBytes));
        Assert.That(native, Is.LessThan(MaxNativeBytes));
        Assert.That(after.Handles, Is.EqualTo(before.Handles));
    }

    private static async Task CycleAsync(Endpoints endpoints, int count, CancellationToken token)
    {
        for (var i = 0; i < count; i += AtOnce)
            await ManyConnections.CloseAsync(await ManyConnections.ConnectAsync(endpoints, AtOnce, token));
        await ManyConnections.WaitUntilEmptyAsync(endpoints, token);
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used + endpoints.Dialer.Loop.Settings.Budget.Used, Is.Zero);
    }
}
