namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// No code of the application runs on the I/O thread: a consumer that blocks its thread does not stop another connection.
/// </summary>
[NonParallelizable]
public class BlockedConsumerTests
{
    private const int Size = 64 << 20;

    [Test]
    [CancelAfter(60_000)]
    public async Task ConsumerThatBlocksItsThread_DoesNotStopAnotherConnection(CancellationToken ct)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(ct);
        var (held, heldPeer) = await endpoints.ConnectAsync(ct);
        using var go = new ManualResetEventSlim();
        var isOnPool = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var blocking = Task.Run(async () =>
        {
            var reader = await heldPeer.AcceptUniAsync(ct);
            _ = await reader.ReadAsync(new byte[1], ct);
            isOnPool.SetResult(Thread.CurrentThread.IsThreadPoolThread);
            go.Wait(ct);
        }, ct);
        await (await held.OpenUniAsync(ct)).WriteAsync(new byte[1], ct);
        Assert.That(await isOnPool.Task, Is.True);

        var stream = await dialed.OpenUniAsync(ct);
        var writing = WriteAsync(stream, ct);
        var receive = await accepted.AcceptUniAsync(ct);
        var buffer = new byte[64 << 10];
        var received = 0L;
        for (var count = 1; count > 0; received += count)
            count = await receive.ReadAsync(buffer, ct);
        await writing;
        Assert.That((received, blocking.IsCompleted), Is.EqualTo(((long)Size, false)));
        go.Set();
        await blocking;
    }

    private static async Task WriteAsync(Transport.ISendStream stream, CancellationToken ct)
    {
        var bytes = new byte[64 << 10];
        for (var written = 0; written < Size; written += bytes.Length)
            await stream.WriteAsync(bytes, ct);
        stream.Finish();
    }
}
