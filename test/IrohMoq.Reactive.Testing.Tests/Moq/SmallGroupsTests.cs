using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Groups of one frame over a long way: what waits for acknowledgements holds up nothing that could go out.</summary>
public sealed class SmallGroupsTests
{
    private const int Groups = 640;

    [Test]
    public void LosslessGroupsOfOneFrame_DoNotWaitForOneAnothersAcknowledgement()
    {
        var time = new TestScheduler();
        var network = new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromMilliseconds(50) };
        var (alice, bob) = (network.AddPeer("alice"), network.AddPeer("bob"));
        using var broadcast = new BroadcastProducer(network.Runtime);
        using var track = broadcast.CreateTrack("lines", new TrackOptions { Lossless = true });
        var read = new List<ulong>();
        network.Run(async () =>
        {
            using var live = alice.Publish("chat", broadcast);
            var session = await bob.ConnectAsync(network.AddressOf(alice));
            await using var chat = await session.SubscribeAsync("chat");
            var writing = WriteAsync();
            var started = TimeSpan.Zero;
            await foreach (var group in chat.Track("lines").ReadGroupsAsync())
            {
                if (read.Count == 0)
                    started = TimeSpan.FromTicks(time.Clock);
                read.Add(group.Sequence);
                group.Dispose();
                if (read.Count == Groups)
                    Assert.That(
                        TimeSpan.FromTicks(time.Clock) - started,
                        Is.LessThan(TimeSpan.FromSeconds(2)),
                        "a hundred milliseconds for each four groups would be sixteen seconds");
            }

            await writing;
        });
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, Groups).Select(i => (ulong)i)));

        async Task WriteAsync()
        {
            await track.WaitForSubscriberAsync();
            for (var i = 0; i < Groups; i++)
            {
                using var group = await track.AppendGroupAsync();
                await group.WriteAsync(new byte[] { 1 });
                group.Finish();
            }

            track.Finish();
        }
    }
}
