namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Finish, then DisposeAsync: every byte arrives, over real QUIC, again and again.</summary>
public sealed class DeliveryTests
{
    private const int Rounds = 10;

    [TestCase(20, 1)]
    [TestCase(64 << 10, 200)]
    [CancelAfter(60_000)]
    public async Task FinishThenDispose_EverythingArrives(int size, int frames, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var pair = await MoqPair.StartAsync();
            using var broadcast = new BroadcastProducer();
            using var track = broadcast.CreateTrack("t");
            using var live = pair.Publisher.Publish("x", broadcast);
            await using var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
            await using var remote = await session.SubscribeAsync("x", ct);
            var reading = ReadAsync(remote.Track("t"), ct);
            await track.WaitForSubscriberAsync(ct);
            using (var group = track.AppendGroup())
            {
                for (var i = 0; i < frames; i++)
                    group.Write(new byte[size]);
                group.Finish();
            }

            track.Finish();
            await pair.Publisher.DisposeAsync();
            Assert.That(await reading, Is.EqualTo(size * frames), $"round {round}");
        }
    }

    private static async Task<int> ReadAsync(TrackConsumer track, CancellationToken ct)
    {
        var bytes = 0;
        await foreach (var group in track.ReadGroupsAsync(ct))
        {
            await foreach (var frame in group.ReadFramesAsync(ct))
                bytes += frame.Length;
        }

        return bytes;
    }
}
