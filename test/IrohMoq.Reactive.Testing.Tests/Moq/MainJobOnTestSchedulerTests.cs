using System.Text;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>The main job as a user of the library tests it: managers on an in-memory network with latency, jitter and bandwidth, under the real TestScheduler.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MainJobOnTestSchedulerTests
{
    private const int Groups = 5;

    [Test]
    public void PublishConnectSubscribe_EveryFrameArrivesInOrder() =>
        Assert.That(Run(seed: 7).Read, Is.EqualTo(Enumerable.Range(0, Groups).Select(static number => $"group {number}")));

    [Test]
    public void SameSeed_SameTrace_AnotherSeedAnother()
    {
        var (first, again, other) = (Run(seed: 7), Run(seed: 7), Run(seed: 8));
        Assert.That(again.Sha256, Is.EqualTo(first.Sha256));
        Assert.That(other.Sha256, Is.Not.EqualTo(first.Sha256));
    }

    [Test]
    public void Partition_IsAValueAfterTheIdleTimeout()
    {
        var time = new TestScheduler();
        var network = new InMemoryNetwork(time, seed: 7);
        SessionClosed? closed = null;
        network.Run(async () =>
        {
            var (a, b) = (network.AddEndpoint("alice"), network.AddEndpoint("bob"));
            var options = new MoqOptions { Scheduler = time };
            await using var alice = global::IrohMoq.Reactive.Moq.Serve(a, options);
            await using var bob = new global::IrohMoq.Reactive.Moq(b, options);
            var session = await bob.ConnectAsync(network.AddressOf(a));
            network.Partition(a, b);
            closed = await session.Closed;
        });
        Assert.That(closed!.Cause, Is.EqualTo(SessionEnd.TimedOut));
        Assert.That(TimeSpan.FromTicks(time.Clock).TotalSeconds, Is.EqualTo(30).Within(6), "the idle limit, and at most a shutdown that nobody answers");
    }

    private static (IReadOnlyList<string> Read, string Sha256) Run(int seed)
    {
        var time = new TestScheduler();
        var network = new InMemoryNetwork(time, seed) { Latency = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(5), Bandwidth = 1_000_000 };
        var read = new List<string>();
        network.Run(async () =>
        {
            var (a, b) = (network.AddEndpoint("alice"), network.AddEndpoint("bob"));
            var options = new MoqOptions { Scheduler = time };
            await using var alice = global::IrohMoq.Reactive.Moq.Serve(a, options);
            await using var bob = new global::IrohMoq.Reactive.Moq(b, options);
            using var broadcast = new BroadcastProducer(a.Turns);
            var track = broadcast.CreateTrack("clock");
            using var live = alice.Publish("studio/main", broadcast);
            var session = await bob.ConnectAsync(network.AddressOf(a));
            await using var studio = await session.SubscribeAsync("studio/main");
            var writing = WriteAsync(track);
            await foreach (var group in studio.Track("clock").ReadGroupsAsync())
            {
                await foreach (var frame in group.ReadFramesAsync())
                    read.Add(Encoding.UTF8.GetString(frame.Payload));
            }

            await writing;
        });
        return (read, network.Trace.Sha256);
    }

    private static async Task WriteAsync(TrackProducer track)
    {
        await track.WaitForSubscriberAsync();
        for (var number = 0; number < Groups; number++)
        {
            using var group = track.AppendGroup();
            group.Write(Encoding.UTF8.GetBytes($"group {number}"));
            group.Finish();
        }

        track.Finish();
    }
}
