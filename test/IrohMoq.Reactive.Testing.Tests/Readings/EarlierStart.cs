namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Provides a publisher, a subscriber and, if there is one, the relay between them, and readers that record what they read.
/// </summary>
internal sealed class EarlierStart
{
    private EarlierStart(Scene scene, TrackProducer track, TrackConsumer remote) => (Scene, Track, Remote) = (scene, track, remote);

    public Scene Scene { get; }

    public TrackProducer Track { get; }

    /// <summary>Gets the track at the subscriber.</summary>
    public TrackConsumer Remote { get; }

    public static void Run(string version, bool isRelayed, TrackOptions options, Func<EarlierStart, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Tests.Scene.Latency), TracesArrivals = false },
        async scene =>
        {
            var moq = new MoqOptions { Protocols = [version] };
            var (publisher, subscriber) = (scene.Add("publisher", moq), scene.Add("subscriber", moq));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", options);
            using var live = publisher.Moq.Publish("x", broadcast);
            if (!isRelayed)
            {
                var direct = await (await subscriber.ConnectAsync(publisher)).SubscribeAsync("x");
                await body(new EarlierStart(scene, track, direct.Track("t")));
                return;
            }

            var relay = scene.Add("relay", moq);
            using var forwarded = relay.Moq.Publish("x", await (await relay.ConnectAsync(publisher)).SubscribeAsync("x"));
            var behind = await (await subscriber.ConnectAsync(relay)).SubscribeAsync("x");
            await body(new EarlierStart(scene, track, behind.Track("t")));
        });

    /// <summary>Writes groups of one frame, which have the next numbers.</summary>
    public void Put(int groups)
    {
        for (var i = 0; i < groups; i++)
        {
            using var group = Track.AppendGroup();
            group.Write(new byte[100]);
            group.Finish();
        }
    }

    /// <summary>Opens a reader, and reads to the end of the track.</summary>
    public Reader Open(SubscribeOptions options) => new(Remote.Open(options), Scene);

    public static IEnumerable<string> Numbers(int from, int count) => Reading.Numbers(count, from);

    /// <summary>A reader that records the number of each group that it has read, and how the track ended.</summary>
    internal sealed class Reader : IDisposable
    {
        private readonly TrackReader _reader;
        private readonly Scene _scene;

        public Reader(TrackReader reader, Scene scene)
        {
            (_reader, _scene) = (reader, scene);
            Ended = ReadAsync();
        }

        public Task Ended { get; }

        public List<string> Seen { get; } = [];

        /// <summary>Gets the time, in seconds, at which the first group was read.</summary>
        public double FirstAt { get; private set; }

        public long Skipped => _reader.Skipped;

        public void Dispose() => _reader.Dispose();

        private async Task ReadAsync()
        {
            try
            {
                while (await _reader.ReadGroupAsync() is { } group)
                {
                    if (Seen.Count == 0)
                        FirstAt = _scene.Seconds;
                    await foreach (var frame in group.ReadFramesAsync())
                        Seen.Add($"{group.Sequence}");
                }

                Seen.Add("end");
            }
            catch (ObjectDisposedException)
            {
                Seen.Add("left");
            }
            catch (MoqException failure)
            {
                Seen.Add($"{failure.Code}");
            }
        }
    }
}
