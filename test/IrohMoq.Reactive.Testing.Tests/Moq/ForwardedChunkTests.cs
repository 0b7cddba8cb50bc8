namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>A frame that is written in pieces: remote readers receive each one before the frame is complete, also behind a relay.</summary>
public sealed class ForwardedChunkTests
{
    private const int Size = 100_000;

    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void Pieces_PassARelayBeforeTheFrameIsComplete([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (origin, relay, reader) = (scene.Add("origin", options), scene.Add("relay", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = origin.Moq.Publish("x", broadcast);
        using var forwarded = relay.Moq.Publish("x", await (await relay.ConnectAsync(origin)).SubscribeAsync("x"));
        var remote = await (await reader.ConnectAsync(relay)).SubscribeAsync("x");
        var arrived = new List<(double At, int Bytes, bool IsLast)>();
        var bytes = new List<byte>();
        var reading = ReadAsync();
        await track.WaitForSubscriberAsync();
        var began = scene.Seconds;
        using (var group = track.AppendGroup())
        {
            using var frame = group.BeginFrame(Size, TimeSpan.FromSeconds(2));
            for (var i = 0; i < 10; i++)
            {
                frame.Write(Enumerable.Repeat((byte)i, Size / 10).ToArray());
                await scene.PauseAsync(1);
            }

            frame.Finish();
            group.Write([99]);
            group.Finish();
            await reading;
        }

        Assert.That(bytes, Is.EqualTo(Enumerable.Range(0, Size).Select(static i => (byte)(i / (Size / 10))).Append((byte)99)));
        // Two links, and one second between the pieces.
        for (var i = 0; i < 10; i++)
        {
            var last = arrived.Where(chunk => chunk.Bytes <= (i + 1) * Size / 10).Max(static chunk => chunk.At);
            // The last piece is delivered when the frame is finished.
            Assert.That(last - began, Is.EqualTo((i < 9 ? i : 10) + (2 * Scene.Latency)).Within(0.01));
        }

        Assert.That(arrived.Count(static chunk => chunk.IsLast), Is.EqualTo(2));
        Assert.That(arrived[0].At - began, Is.LessThan(0.1), "the first piece is there long before the frame");

        async Task ReadAsync()
        {
            await foreach (var group in remote.Track("t").ReadGroupsAsync())
            {
                await foreach (var chunk in group.ReadChunksAsync())
                {
                    bytes.AddRange(chunk.ToArray());
                    arrived.Add((scene.Seconds, bytes.Count, chunk.IsLast));
                    if (version is "moq-lite-05" or "moq-lite-06" && chunk.FrameLength == Size)
                        Assert.That(chunk.Timestamp, Is.EqualTo(TimeSpan.FromSeconds(2)));
                }

                return;
            }
        }
    });

    [Test]
    public void PublisherThatStopsInTheMiddle_EndsTheGroupOfTheReader([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var options = new MoqOptions { Protocols = [version] };
            var (origin, reader) = (scene.Add("origin", options), scene.Add("reader", options));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t");
            using var live = origin.Moq.Publish("x", broadcast);
            var remote = await (await reader.ConnectAsync(origin)).SubscribeAsync("x");
            var read = 0;
            var reading = ReadAsync();
            await track.WaitForSubscriberAsync();
            var group = track.AppendGroup();
            using (var frame = group.BeginFrame(Size))
            {
                frame.Write(new byte[Size / 2]);
                await scene.PauseAsync(1);
                Assert.That(read, Is.EqualTo(Size / 2));
            }

            var failure = await Failure.OfAsync<MoqStreamException>(async () => await reading);
            // moq-lite-06 has no code for it.
            var code = version == "moq-lite-06" ? MoqErrorCode.Internal : MoqErrorCode.Dropped;
            Assert.That((failure.Code, read), Is.EqualTo((code, Size / 2)));

            async Task ReadAsync()
            {
                await foreach (var group in remote.Track("t").ReadGroupsAsync())
                {
                    await foreach (var chunk in group.ReadChunksAsync())
                        read += chunk.Length;
                }
            }
        });

    /// <summary>
    /// The connection is lost in the middle of a frame: on the next one, the frame comes from its beginning, and the reader receives what
    /// it does not have yet. If another frame is sent in its place, the reader is told.
    /// </summary>
    [Test]
    public void FrameThatIsSentAgain_GoesOnWhereTheReaderIs([Values] bool isSameFrame) => Scene.Run(async scene =>
    {
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        Assert.That(cursor.TryNext(out var reader), Is.True);
        var bytes = new List<byte>();
        var reading = ReadAsync();
        var first = new FrameAssembly();
        first.Begin(group, 4, 0);
        Fill(first, 1, 2);
        await scene.PauseAsync(1);
        first.Abandon();
        await scene.PauseAsync(1);
        var second = new FrameAssembly();
        second.Begin(group, isSameFrame ? 4 : 5, 0);
        Fill(second, 1);
        await scene.PauseAsync(1);
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 2 }));
        if (!isSameFrame)
        {
            Assert.That((await Failure.OfAsync<MoqStreamException>(async () => await reading)).Code, Is.EqualTo(MoqErrorCode.WrongSize));
            return;
        }

        Fill(second, 2, 3);
        await scene.PauseAsync(1);
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Fill(second, 4);
        second.Commit();
        group.Finish();
        await reading;
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 2, 3, 4 }));

        async Task ReadAsync()
        {
            await foreach (var chunk in reader.ReadChunksAsync())
                bytes.AddRange(chunk.ToArray());
        }

        static void Fill(FrameAssembly frame, params byte[] bytes)
        {
            bytes.CopyTo(frame.Room);
            frame.Advance(bytes.Length);
        }
    });
}
