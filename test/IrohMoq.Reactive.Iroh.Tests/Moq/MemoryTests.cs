using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// The memory of the whole process, managed and native, does not grow: after a warm-up, ten times as many valid and malformed messages
/// pass.
/// </summary>
[NonParallelizable]
public class MemoryTests
{
    private const int WarmRounds = 20;
    private const int LiesPerRound = 20;
    private const int FrameSize = 64 << 10;
    private const int FramesPerRound = 32;
    private static readonly string[] UniLies = ["3f00", "00020700", "00ffffffffffffffff", "00020040", "00"];
    private static readonly string[] BidiLies = ["3f", "02ffffffffffffffff", "020a0001", "010302fffe", "03", "04024000ff"];

    [Test]
    [CancelAfter(120_000)]
    public async Task TenTimesTheData_TakesNoMoreMemory(CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync();
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = pair.Publisher.Publish("live", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("live", ct);
        await using var groups = remote.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        var next = groups.MoveNextAsync();
        await track.WaitForSubscriberAsync(ct);
        await using var liar = await IrohEndpoint.CreateAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: ct);
        using var garbage = new UdpClient(pair.Address.Addresses[0].AddressFamily);
        var random = new Random(7);

        await RoundsAsync(WarmRounds);
        var (managed, all) = Measure();
        await RoundsAsync(10 * WarmRounds);
        var (managedAfter, allAfter) = Measure();

        TestContext.Out.WriteLine(
            $"after the warm-up {managed / 1e6:0.0} MB managed, {all / 1e6:0.0} MB in all; after ten times as much "
            + $"{managedAfter / 1e6:0.0} MB and {allAfter / 1e6:0.0} MB: {100.0 * (allAfter - all) / all:+0.0;-0.0} %");
        Assert.That(allAfter, Is.LessThan(all * 1.1));
        Assert.That(session.Closed.IsCompleted, Is.False);
        track.Finish();
        Assert.That(await next, Is.False);

        async Task RoundsAsync(int count)
        {
            var payload = new byte[FrameSize];
            for (var round = 0; round < count; round++)
            {
                var lying = LieAsync(round);
                var writing = WriteAsync(payload);
                Assert.That(await next, Is.True);
                var frames = 0;
                await foreach (var frame in groups.Current.ReadFramesAsync(ct))
                    frames++;
                Assert.That(frames, Is.EqualTo(FramesPerRound));
                next = groups.MoveNextAsync();
                await Task.WhenAll(lying, writing);
            }
        }

        async Task WriteAsync(byte[] payload)
        {
            using var group = await track.AppendGroupAsync(ct);
            for (var i = 0; i < FramesPerRound; i++)
                await group.WriteAsync(payload, ct);
            group.Finish();
        }

        // Each malformed message has a session of its own, which ends in the middle of its streams.
        async Task LieAsync(int round)
        {
            var packet = new byte[random.Next(1, 1400)];
            random.NextBytes(packet);
            await garbage.SendAsync(packet, pair.Address.Addresses[0], ct);
            await using var connection = await liar.ConnectAsync(pair.Address, ["moq-lite-03"], ct);
            for (var i = 0; i < LiesPerRound; i++)
            {
                var uni = await connection.OpenUniAsync(ct);
                await WriteLieAsync(uni, UniLies[(round + i) % UniLies.Length], i);
                var bidi = await connection.OpenBidiAsync(ct);
                await WriteLieAsync(bidi.Send, BidiLies[(round + i) % BidiLies.Length], i);
            }

            connection.Close((ulong)round, "a lie");
        }

        async Task WriteLieAsync(ISendStream stream, string hex, int i)
        {
            try
            {
                await stream.WriteAsync(Convert.FromHexString(hex), ct);
            }
            catch (TransportStreamException)
            {
                // The peer has detected the malformed message at once.
            }

            if (i % 3 == 0)
                stream.Finish();
            else if (i % 3 == 1)
                stream.Reset((ulong)i);
        }
    }

    private static (long Managed, long All) Measure()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        return (managed, Environment.WorkingSet);
    }
}
