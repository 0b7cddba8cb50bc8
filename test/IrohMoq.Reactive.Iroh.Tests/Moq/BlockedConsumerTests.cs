namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Nothing of the user's runs on the I/O thread: a consumer that blocks its thread for ten seconds leaves another connection its rate.
/// </summary>
[NonParallelizable]
public class BlockedConsumerTests
{
    private static readonly TimeSpan Free = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Blocked = TimeSpan.FromSeconds(10);

    [Test]
    [CancelAfter(60_000)]
    public async Task ConsumerThatBlocksForTenSeconds_DoesNotSlowAnotherConnection(CancellationToken ct)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(ct);
        var (held, heldPeer) = await endpoints.ConnectAsync(ct);
        var stream = await dialed.OpenUniAsync(ct);
        await stream.WriteAsync(new byte[1], ct);
        var receive = await accepted.AcceptUniAsync(ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(stream, stop.Token);
        var free = await RateAsync(receive, Free, ct);

        using var go = new ManualResetEventSlim();
        using var isBlocked = new SemaphoreSlim(0);
        var blocking = Task.Run(async () =>
        {
            var reader = await heldPeer.AcceptUniAsync(ct);
            _ = await reader.ReadAsync(new byte[1], ct);
            isBlocked.Release();
            go.Wait(ct);
        }, ct);
        await (await held.OpenUniAsync(ct)).WriteAsync(new byte[1], ct);
        await isBlocked.WaitAsync(ct);
        var blocked = await RateAsync(receive, Blocked, ct);
        Assert.That(blocking.IsCompleted, Is.False);
        go.Set();
        await blocking;

        TestContext.Out.WriteLine($"{free / 1e6:0} MB/s before, {blocked / 1e6:0} MB/s while a consumer blocks: {blocked / free:0.00}");
        Assert.That(blocked, Is.GreaterThan(free / 2));
        await stop.CancelAsync();
        await writing;
    }

    private static async Task WriteAsync(Transport.ISendStream stream, CancellationToken ct)
    {
        var bytes = new byte[64 << 10];
        try
        {
            while (true)
                await stream.WriteAsync(bytes, ct);
        }
        catch (OperationCanceledException)
        {
            // Enough was written.
        }
    }

    private static async Task<double> RateAsync(Transport.IReceiveStream stream, TimeSpan time, CancellationToken ct)
    {
        var buffer = new byte[64 << 10];
        var start = TimeProvider.System.GetTimestamp();
        var bytes = 0L;
        while (TimeProvider.System.GetElapsedTime(start) < time)
            bytes += await stream.ReadAsync(buffer, ct);
        return bytes / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }
}
