namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A publisher asks its subscriber to leave, over real QUIC: the subscriber dials again, and reads on without a gap.</summary>
public sealed class GoawayTests
{
    private const int Groups = 200;
    // The number of groups that are written before they are read, so that groups are in flight at every move.
    private const int Ahead = 8;

    [Test]
    [CancelAfter(60_000)]
    public async Task PublisherAsks_LiveAndLosslessReadingsGoOn(
        [Values("moq-lite-04", "moq-lite-05", "moq-lite-06")] string version, CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync(subscriber: new MoqOptions { Protocols = [version] });
        using var broadcast = new BroadcastProducer();
        using var live = broadcast.CreateTrack("live", new TrackOptions { MaxAge = TimeSpan.FromSeconds(20) });
        using var whole = broadcast.CreateTrack("whole", new TrackOptions { Lossless = true });
        using var published = pair.Publisher.Publish("x", broadcast);
        var session = await pair.ConnectAsync(ct);
        var studio = await session.SubscribeAsync("x", ct);
        var (ofLive, ofWhole) = (new Progress(), new Progress());
        var reading = new[] { ReadAsync(studio.Track("live"), ofLive, ct), ReadAsync(studio.Track("whole"), ofWhole, ct) };
        var writing = new[] { WriteAsync(live, ofLive, ct), WriteAsync(whole, ofWhole, ct) };
        for (var move = 1; move <= 3; move++)
        {
            await ofLive.WaitAsync(move * Groups / 4, ct);
            var before = session.Connection;
            Assert.That(await (await OnlyAsync(pair.Publisher, ct)).GoAwayAsync(timeout: TimeSpan.FromSeconds(10), cancellationToken: ct));
            Assert.That((session.Closed.IsCompleted, session.Connection == before), Is.EqualTo((false, false)));
        }

        foreach (var read in reading)
            Assert.That(await read, Is.EqualTo(Enumerable.Range(0, Groups)), "every group, once");
        await Task.WhenAll(writing);
    }

    /// <summary>Repeated, because the ends of the connection that is left and of the one that is dialed again race.</summary>
    [Test]
    [Repeat(20)]
    [CancelAfter(60_000)]
    public async Task Shutdown_IsLeftAtOnceByAPeerThatReadsNothing(CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync();
        var session = await pair.ConnectAsync(ct);
        await OnlyAsync(pair.Publisher, ct);
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        await pair.Publisher.ShutdownAsync();
        Assert.That(System.Diagnostics.Stopwatch.GetElapsedTime(since), Is.LessThan(MoqOptions.Default.GoawayTimeout));
        var closed = await session.Closed.WaitAsync(ct);
        Assert.That((closed.IsGoingAway, closed.Code, closed.IsRemote), Is.EqualTo((true, MoqErrorCode.Cancel, true)));
    }

    private static async Task<MoqSession> OnlyAsync(Moq moq, CancellationToken ct)
    {
        await foreach (var sessions in moq.ReadOpenSessionsAsync(ct))
        {
            if (sessions is [var only])
                return only;
        }

        throw new AssertionException("There is no session.");
    }

    private static async Task WriteAsync(TrackProducer track, Progress progress, CancellationToken ct)
    {
        await track.WaitForSubscriberAsync(ct);
        for (var number = 0; number < Groups; number++)
        {
            using var group = await track.AppendGroupAsync(ct);
            await group.WriteAsync(new byte[number % 5 == 0 ? 20_000 : 100], ct);
            group.Finish();
            if (number >= Ahead)
                await progress.WaitAsync(number - Ahead, ct);
        }

        track.Finish();
    }

    private static async Task<List<int>> ReadAsync(TrackConsumer track, Progress progress, CancellationToken ct)
    {
        var read = new List<int>();
        await foreach (var group in track.ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Sequence }, ct))
        {
            var bytes = 0;
            await foreach (var frame in group.ReadFramesAsync(ct))
                bytes += frame.Length;
            Assert.That(bytes, Is.EqualTo(group.Sequence % 5 == 0 ? 20_000 : 100));
            read.Add((int)group.Sequence);
            progress.OnRead((int)group.Sequence);
        }

        return read;
    }

    /// <summary>Tells the writer of a track and the test how far the reader is.</summary>
    private sealed class Progress
    {
        private readonly TaskCompletionSource[] _read = [.. Enumerable.Range(0, Groups).Select(static _ => NewSource())];

        public void OnRead(int group) => _read[group].TrySetResult();

        public Task WaitAsync(int group, CancellationToken ct) => _read[group].Task.WaitAsync(ct);

        private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
