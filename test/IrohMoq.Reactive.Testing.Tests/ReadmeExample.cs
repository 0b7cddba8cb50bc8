using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>The program of this package's README, as it stands there.</summary>
public sealed class ReadmeExample
{
    [Test]
    public void PeersThatCannotReachEachOther_TimeOut()
    {
        var time = new TestScheduler();
        var net = new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromMilliseconds(20) };
        Moq alice = net.AddPeer("alice"), bob = net.AddPeer("bob");
        using var broadcast = new BroadcastProducer(net.Turns);         // on the network's clock, as all that waits

        net.Run(async () =>
        {
            using var live = alice.Publish("studio/main", broadcast);
            var session = await bob.ConnectAsync(net.AddressOf(alice));
            net.Partition(alice, bob);                                  // from here on nothing passes
            var closed = await session.Closed;                          // thirty virtual seconds, no real ones
            Assert.That(closed.Cause, Is.EqualTo(SessionEnd.TimedOut));
        });
        Assert.That(net.Trace.Sha256, Is.EqualTo(AnotherProcess.Says(net.Trace.Sha256)));
    }
}
