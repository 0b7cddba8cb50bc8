using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class StatisticsTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task Transfer_IsMeasured(CancellationToken token)
    {
        const int length = 2 << 20;
        var started = TimeProvider.System.GetTimestamp();
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenUniAsync(token);
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(new byte[length], token);
            stream.Finish();
        }, token);
        var peer = await accepted.AcceptUniAsync(token);
        var buffer = new byte[64 << 10];
        while (await peer.ReadAsync(buffer, token) > 0)
        {
        }

        await writing;
        await stream.Closed.WaitAsync(token);
        // The last measurements are taken at the end of the connection.
        await dialed.DisposeAsync();
        await accepted.Closed.WaitAsync(token);
        var sent = ((IConnectionStatistics)dialed).GetStatistics();
        var received = ((IConnectionStatistics)accepted).GetStatistics();
        // No round trip takes longer than the whole test, so a wrong unit shows on a machine of any load.
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        Assert.Multiple(() =>
        {
            Assert.That(sent.BytesSent, Is.GreaterThan(length));
            Assert.That(received.BytesReceived, Is.GreaterThan(length).And.LessThanOrEqualTo(sent.BytesSent));
            Assert.That(sent.PacketsSent, Is.GreaterThan(length / 1500));
            Assert.That(received.PacketsReceived, Is.GreaterThan(length / 1500).And.LessThanOrEqualTo(sent.PacketsSent!.Value));
            Assert.That(sent.CongestionWindow, Is.GreaterThan(10_000));
            Assert.That(sent.SmoothedRtt, Is.GreaterThan(TimeSpan.Zero).And.LessThan(elapsed));
            Assert.That(sent.EstimatedSendRate, Is.GreaterThan(100_000));
            Assert.That(sent.PacketsLost, Is.Null, "version 1 of the structure of ngtcp2 has no field for losses");
        });
    }
}
