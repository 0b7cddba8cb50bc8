using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>Priorities of the streams of a connection, although System.Net.Quic sends in the order of the writes.</summary>
[CancelAfter(60_000)]
public sealed class PriorityTests
{
    private const int Streams = 100;
    private const int StreamLength = 1 << 20;
    private const byte Low = 1;
    private const byte High = 2;

    [SetUp]
    public void SkipWithoutQuic() => Machine.SkipWithoutQuic();

    /// <summary>
    /// One hundred streams compete. When one of a higher priority is written, it arrives before most of what waits, and they arrive in
    /// the order of their positions.
    /// </summary>
    [Test]
    public async Task StreamOfAHigherPriority_OvertakesAHundredOthers(CancellationToken ct)
    {
        await using var pair = await MannerTests.Pair.StartAsync(Machine.Loopback, ct);
        var writing = new List<Task>();
        for (var i = 0; i < Streams; i++)
            writing.Add(WriteAsync(await OpenAsync(new SendOrder(1, 1, i)), Low, StreamLength));
        var received = 0L;
        var receivedBefore = long.MaxValue;
        var highArrived = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = new List<Task>();
        Task? high = null;
        for (var i = 0; i <= Streams; i++)
        {
            reading.Add(ReadAsync(await pair.Accepted.AcceptUniAsync(ct)));
            if (i == 10)
            {
                receivedBefore = Volatile.Read(ref received);
                high = WriteAsync(await OpenAsync(new SendOrder(2, 2, 0)), High, 1000);
            }
        }

        Assert.That(await highArrived.Task.WaitAsync(ct) - receivedBefore, Is.LessThan(Streams * StreamLength / 4));
        await Task.WhenAll([.. reading, .. writing, high!]);
        Assert.That(received, Is.EqualTo(((long)Streams * StreamLength) + 1000));

        async ValueTask<ISendStream> OpenAsync(SendOrder order)
        {
            var send = await pair.Dialed.OpenUniAsync(ct);
            ((IScheduledStream)send).Schedule(order);
            return send;
        }

        async Task WriteAsync(ISendStream send, byte tag, int length)
        {
            var bytes = new byte[length];
            Array.Fill(bytes, tag);
            await send.WriteAsync(bytes, ct);
            send.Finish();
        }

        async Task ReadAsync(IReceiveStream receive)
        {
            var buffer = new byte[64 << 10];
            while (await receive.ReadAsync(buffer, ct) is > 0 and var count)
            {
                var all = Interlocked.Add(ref received, count);
                if (buffer[0] == High)
                    highArrived.TrySetResult(all);
            }

        }
    }

    /// <summary>Streams that are not read and have no credit left do not stop a stream of a lower priority.</summary>
    [Test]
    public async Task StreamsWithoutCredit_DoNotStopOthers(CancellationToken ct)
    {
        await using var pair = await MannerTests.Pair.StartAsync(Machine.Loopback, ct);
        var blocked = new List<(ISendStream Send, Task Writing)>();
        for (var i = 0; i < 5; i++)
        {
            var send = await pair.Dialed.OpenUniAsync(ct);
            ((IScheduledStream)send).Schedule(new SendOrder(9, 1, i));
            blocked.Add((send, send.WriteAsync(new byte[8 << 20], ct).AsTask()));
            await pair.Accepted.AcceptUniAsync(ct);
        }

        var other = await pair.Dialed.OpenUniAsync(ct);
        ((IScheduledStream)other).Schedule(new SendOrder(1, 2, 0));
        var writing = other.WriteAsync(new byte[500_000], ct).AsTask();
        var receive = await pair.Accepted.AcceptUniAsync(ct);
        var buffer = new byte[64 << 10];
        for (var read = 0; read < 500_000;)
            read += await receive.ReadAsync(buffer, ct);
        await writing;
        foreach (var (send, task) in blocked)
        {
            Assert.That(task.IsCompleted, Is.False);
            send.Reset(7);
            var failure = await Assert.ThrowsAsync<TransportStreamException>(async () => await task);
            Assert.That((failure!.Code, failure.IsRemote), Is.EqualTo((7, false)));
        }
    }
}
