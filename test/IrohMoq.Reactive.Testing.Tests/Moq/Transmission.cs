namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Publishes a broadcast with a live and a lossless track, each of which writes <see cref="Groups"/> groups in four seconds after its first
/// subscription.
/// </summary>
internal sealed class Transmission
{
    public const int Groups = 400;

    private readonly Scene _scene;
    private readonly Player _from;

    public Transmission(Scene scene, Player from)
    {
        (_scene, _from) = (scene, from);
        var broadcast = scene.Broadcast();
        Broadcast = broadcast;
        Live = broadcast.CreateTrack("live", new TrackOptions { MaxAge = TimeSpan.FromSeconds(10) });
        Whole = broadcast.CreateTrack("whole", new TrackOptions { Lossless = true });
        from.Moq.Publish(from.Endpoint.Name, broadcast);
        _ = WriteAsync(Live);
        _ = WriteAsync(Whole);
    }

    public BroadcastProducer Broadcast { get; }

    public TrackProducer Live { get; }

    public TrackProducer Whole { get; }

    /// <summary>Reads a track and returns the numbers of the groups, each of which must arrive complete.</summary>
    public async Task<List<int>> ReadAsync(MoqSession session, string track, CancellationToken cancellationToken = default) =>
        await ReadAsync(await session.SubscribeAsync(_from.Endpoint.Name, cancellationToken), track, cancellationToken);

    /// <summary>Reads a track and returns the numbers of the groups, each of which must arrive complete.</summary>
    public static async Task<List<int>> ReadAsync(
        BroadcastConsumer broadcast, string track, CancellationToken cancellationToken = default)
    {
        var read = new List<int>();
        await foreach (var group in broadcast.Track(track).ReadGroupsAsync(cancellationToken))
        {
            var bytes = new List<byte>();
            await foreach (var frame in group.ReadFramesAsync(cancellationToken))
                bytes.AddRange(frame.Payload);
            var number = (int)group.Sequence;
            Assert.That(bytes, Is.EqualTo(Payload(number, 0).Concat(Payload(number, 1)).Concat(Payload(number, 2))), $"group {number}");
            read.Add(number);
        }

        return read;
    }

    private async Task WriteAsync(TrackProducer track)
    {
        await track.WaitForSubscriberAsync();
        for (var number = 0; number < Groups; number++)
        {
            using var group = await track.AppendGroupAsync();
            for (var frame = 0; frame < 3; frame++)
            {
                await group.WriteAsync(Payload(number, frame));
                await _scene.PauseAsync(0.003);
            }

            group.Finish();
        }

        track.Finish();
    }

    private static byte[] Payload(int group, int frame)
    {
        var payload = new byte[group % 7 == 0 ? 12_000 : 50];
        new Random((group * 3) + frame).NextBytes(payload);
        return payload;
    }
}
