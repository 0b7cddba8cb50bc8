using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A reader that reads nothing keeps no credit from the rest of its session: beside more bulk than all windows hold, another track
/// continues, and a new subscription and a new announcement arrive.
/// </summary>
public sealed class CreditTests
{
    private const int Window = 256 << 10;
    private const int FrameSize = 64 << 10;
    private const int Frames = 8;
    private const int Groups = 96;
    private const int Burst = 8;
    private const int Rounds = 100;
    private const int Share = 4 << 20;

    [Test]
    [CancelAfter(20_000)]
    public Task PausedLiveReader(CancellationToken ct) => SessionContinuesAsync(TrackOptions.Default, PauseAsync, ct);

    [Test]
    [CancelAfter(20_000)]
    public Task ForgottenEnumerator(CancellationToken ct) => SessionContinuesAsync(TrackOptions.Default, ForgetAsync, ct);

    [Test]
    [CancelAfter(20_000)]
    public Task PausedLosslessReader_ReceivesEveryByteLater(CancellationToken ct) =>
        SessionContinuesAsync(new TrackOptions { Lossless = true, MaxCachedBytes = 2 << 20 }, PauseAsync, ct);

    private static async Task SessionContinuesAsync(
        TrackOptions options, Func<TrackConsumer, CancellationToken, Task<TrackReader?>> stop, CancellationToken ct)
    {
        var received = new BlockPool();
        await using var pair = await MoqPair.StartAsync(
            static options => options with { ConnectionWindow = Window, StreamWindow = Window },
            new MoqOptions { Limits = SessionLimits.Default with { ReceivedShare = Share, Pool = received } });
        using var broadcast = new BroadcastProducer();
        using var bulk = broadcast.CreateTrack("bulk", options);
        using var second = broadcast.CreateTrack("second");
        await Payload.WriteAsync(broadcast.CreateTrack("new"), size: 10, frames: 1, ct);
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        var stopping = stop(remote.Track("bulk"), ct);
        using var other = remote.Track("second").Open();
        var next = other.ReadGroupAsync(ct).AsTask();
        await Task.WhenAll(bulk.WaitForSubscriberAsync(ct).AsTask(), second.WaitForSubscriberAsync(ct).AsTask());

        // The other track is written in step with its reader, so that each group arrives whatever is sent of the bulk.
        var (writing, written) = (Task.CompletedTask, 0);
        for (var i = 0; i < Rounds || received.BytesOut < 4 * Window; i++)
        {
            if (writing.IsCompleted && written < Groups)
                writing = WriteBurstAsync();
            await ReadOtherAsync();
        }

        using var reader = await stopping;
        Assert.That(await FirstAsync(remote.Track("new"), ct), Is.Zero, "a new subscription");
        using var announced = new BroadcastProducer();
        await Payload.WriteAsync(announced.CreateTrack("t"), size: 10, frames: 1, ct);
        using var alsoLive = pair.Publisher.Publish("y", announced);
        await using var alsoRemote = await session.SubscribeAsync("y", ct);
        Assert.That(await FirstAsync(alsoRemote.Track("t"), ct), Is.Zero, "a new announcement");
        Assert.That(received.BytesOut, Is.LessThan(8 * Share));
        if (!options.Lossless)
            return;

        Assert.That(writing.IsCompleted, Is.False, "the publisher waits for the reader");
        var finishing = FinishAsync();
        var seen = new List<ulong>();
        while (await reader!.ReadGroupAsync(ct) is { } group)
        {
            seen.Add(group.Sequence);
            await Payload.ReadAsync(group, FrameSize, Frames, ct);
        }

        await finishing;
        Assert.That(
            (seen.Distinct().Count(), seen.Count), Is.EqualTo((Groups - 1, Groups - 1)),
            "all but the one that it had before the pause, each once");

        async Task WriteBurstAsync()
        {
            for (var i = 0; i < Burst; i++, written++)
                await Payload.WriteAsync(bulk, FrameSize, Frames, ct);
        }

        async Task ReadOtherAsync()
        {
            await Payload.WriteAsync(second, size: 1000, frames: 1, ct);
            await Payload.ReadAsync((await next)!, size: 1000, frames: 1, ct);
            next = other.ReadGroupAsync(ct).AsTask();
        }

        async Task FinishAsync()
        {
            await writing;
            while (written < Groups)
                await WriteBurstAsync();
            bulk.Finish();
        }
    }

    /// <summary>Reads the first group, and then no other.</summary>
    private static async Task<TrackReader?> PauseAsync(TrackConsumer track, CancellationToken ct)
    {
        var reader = track.Open();
        await Payload.ReadAsync((await reader.ReadGroupAsync(ct))!, FrameSize, Frames, ct);
        return reader;
    }

    /// <summary>Receives a group, reads nothing of it, and drops all references to it.</summary>
    private static async Task<TrackReader?> ForgetAsync(TrackConsumer track, CancellationToken ct)
    {
        var groups = track.ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        Assert.That(await groups.MoveNextAsync(), Is.True);
        return null;
    }

    private static async Task<ulong> FirstAsync(TrackConsumer track, CancellationToken ct)
    {
        using var reader = track.Open();
        var group = (await reader.ReadGroupAsync(ct))!;
        await Payload.ReadAsync(group, size: 10, frames: 1, ct);
        return group.Sequence;
    }
}
