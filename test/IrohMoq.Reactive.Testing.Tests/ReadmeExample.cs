using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>The program of this package's README, as it stands there.</summary>
public sealed class ReadmeExample
{
    [Test]
    public void PeersThatCannotReachEachOther_TimeOut()
    {
        var net = new InMemoryNetwork(new TestScheduler(), seed: 7) { Latency = TimeSpan.FromMilliseconds(20) };
        Moq alice = net.AddPeer("alice"), bob = net.AddPeer("bob");
        net.Run(async () =>
        {
            var session = await bob.ConnectAsync(net.AddressOf(alice));
            await session.WaitUntilCaughtUpAsync();                     // alice has answered
            net.Partition(alice, bob);                                  // from here on nothing passes
            var closed = await session.Closed;                          // thirty virtual seconds, no real ones
            Assert.That(closed.Cause, Is.EqualTo(SessionEndCause.TimedOut));
        });
    }
}
