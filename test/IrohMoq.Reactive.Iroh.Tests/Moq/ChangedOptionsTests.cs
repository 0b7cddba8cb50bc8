using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Options that a reader changes while it reads take effect at the publisher, over QUIC. The subscriber allows one group stream at a
/// time, and an unfinished group holds it, so the publisher chooses the next group.
/// </summary>
public sealed class ChangedOptionsTests
{
    private const int Size = 100;
    private const int Waiting = 20;

    [Test]
    [CancelAfter(20_000)]
    public async Task TrackThatGetsPriority_OvertakesTheOther(CancellationToken ct)
    {
        await using var pair = await PairAsync();
        using var broadcast = new BroadcastProducer();
        using var first = broadcast.CreateTrack("first");
        using var second = broadcast.CreateTrack("second");
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        using var reader = remote.Track("first").Open();
        using var other = remote.Track("second").Open();
        var (next, otherNext) = (reader.ReadGroupAsync(ct).AsTask(), other.ReadGroupAsync(ct).AsTask());
        await Task.WhenAll(first.WaitForSubscriberAsync(ct).AsTask(), second.WaitForSubscriberAsync(ct).AsTask());
        using var holding = first.AppendGroup();
        holding.Write(new byte[1]);
        Assert.That((await next)!.Sequence, Is.Zero);
        await WriteAsync(first, Waiting, ct);
        await WriteAsync(second, Waiting, ct);

        other.Options = other.Options with { Priority = 9 };
        await KnownAsync(second, static options => options.Priority == 9, ct);
        holding.Finish();
        Assert.That((await reader.ReadGroupAsync(ct))!.Sequence, Is.EqualTo(1));
        // What has arrived by now can be read without waiting.
        Assert.That((await otherNext)!.Sequence, Is.Zero);
        var read = 1UL;
        for (; read < Waiting; read++)
        {
            var arrived = other.ReadGroupAsync(ct);
            if (!arrived.IsCompletedSuccessfully)
            {
                Assert.That(read, Is.GreaterThan(Waiting / 2));
                Assert.That((await arrived)!.Sequence, Is.EqualTo(read));
                continue;
            }

            Assert.That((await arrived)!.Sequence, Is.EqualTo(read));
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ReaderThatSwitchesToTheNewest_GetsItFirst(CancellationToken ct)
    {
        await using var pair = await PairAsync();
        await using var reading = await Reading.StartAsync(pair, SubscribeOptions.Default, ct);
        reading.Reader.Options = new SubscribeOptions { Order = GroupOrder.Newest, Priority = 1 };
        await KnownAsync(reading.Track, static options => options.Priority == 1, ct);
        reading.Holding.Finish();
        Assert.That((await reading.Reader.ReadGroupAsync(ct))!.Sequence, Is.EqualTo(Waiting));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ReaderThatSwitchesToEverything_GetsTheOldestFirst(CancellationToken ct)
    {
        await using var pair = await PairAsync();
        await using var reading = await Reading.StartAsync(pair, new SubscribeOptions { Order = GroupOrder.Newest }, ct);
        reading.Reader.Options = new SubscribeOptions { Order = GroupOrder.Arrival, Priority = 1 };
        await KnownAsync(reading.Track, static options => options.Priority == 1, ct);
        reading.Holding.Finish();
        for (var i = 1; i <= Waiting; i++)
            Assert.That((await reading.Reader.ReadGroupAsync(ct))!.Sequence, Is.EqualTo((ulong)i));
        Assert.That(reading.Reader.Skipped, Is.Zero);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ReaderThatLowersItsMaximumLatency_DoesNotWaitForAnOldGroup(CancellationToken ct)
    {
        var clock = new LeapingTurns();
        await using var pair = await PairAsync();
        using var broadcast = new BroadcastProducer(clock);
        using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromDays(1) });
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        using var reader = remote.Track("t").Open();
        var next = reader.ReadGroupAsync(ct).AsTask();
        await track.WaitForSubscriberAsync(ct);
        using var holding = track.AppendGroup();
        holding.Write(new byte[1]);
        await using var frames = (await next)!.ReadFramesAsync(ct).GetAsyncEnumerator(ct);
        Assert.That(await frames.MoveNextAsync(), Is.True);
        var more = frames.MoveNextAsync();

        reader.Options = reader.Options with { MaxLatency = TimeSpan.FromSeconds(1) };
        await KnownAsync(track, static options => options.MaxLatency == TimeSpan.FromSeconds(1), ct);
        clock.Leap(TimeSpan.FromSeconds(5));
        await WriteAsync(track, 1, ct);
        var old = await Assert.ThrowsAsync<MoqStreamException>(async () => await more);
        // Up to moq-lite-05, peers of two generations use the number with different meanings.
        Assert.That((old!.Code.UnspecifiedNumber, old.IsRemote), Is.EqualTo(((uint?)MoqErrorCode.Old.Value, true)));
        Assert.That((await reader.ReadGroupAsync(ct))!.Sequence, Is.EqualTo(1));
    }

    /// <summary>Starts two peers that use moq-lite-05: in later versions a subscriber does not choose the order of the groups.</summary>
    private static Task<MoqPair> PairAsync() => MoqPair.StartAsync(
        static options => options with { MaxIncomingUniStreams = 1 }, new MoqOptions { Protocols = ["moq-lite-05"] });

    private static async Task WriteAsync(TrackProducer track, int groups, CancellationToken ct)
    {
        for (var i = 0; i < groups; i++)
            await Payload.WriteAsync(track, Size, frames: 1, ct);
    }

    /// <summary>Waits until the publisher has received the change.</summary>
    private static async Task KnownAsync(TrackProducer track, Func<SubscribeOptions, bool> isKnown, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            lock (track.State.Gate)
            {
                if (track.CombinedOptions() is { } options && isKnown(options))
                    return;
            }

            await Task.Yield();
        }
    }

    /// <summary>Creates a reader in the middle of a group that holds the only stream, and groups that wait for the stream.</summary>
    private sealed class Reading(
        BroadcastProducer broadcast, IDisposable live, BroadcastConsumer remote, TrackProducer track, TrackReader reader,
        GroupProducer holding) : IAsyncDisposable
    {
        public TrackProducer Track => track;

        public TrackReader Reader => reader;

        public GroupProducer Holding => holding;

        public static async Task<Reading> StartAsync(MoqPair pair, SubscribeOptions options, CancellationToken ct)
        {
            var broadcast = new BroadcastProducer();
            var track = broadcast.CreateTrack("t");
            var live = pair.Publisher.Publish("x", broadcast);
            var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
            var remote = await session.SubscribeAsync("x", ct);
            var reader = remote.Track("t").Open(options);
            var next = reader.ReadGroupAsync(ct).AsTask();
            await track.WaitForSubscriberAsync(ct);
            var holding = track.AppendGroup();
            holding.Write(new byte[1]);
            Assert.That((await next)!.Sequence, Is.Zero);
            await WriteAsync(track, Waiting, ct);
            return new Reading(broadcast, live, remote, track, reader, holding);
        }

        public async ValueTask DisposeAsync()
        {
            reader.Dispose();
            await remote.DisposeAsync();
            live.Dispose();
            broadcast.Dispose();
        }
    }

    /// <summary>Represents the clock of the system, which a test can put forward.</summary>
    private sealed class LeapingTurns : Runtime
    {
        private long _ahead;

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

        public override void Post(IThreadPoolWorkItem item) => ThreadPoolRuntime.Instance.Post(item);

        public void Leap(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));
    }
}
