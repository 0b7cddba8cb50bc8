using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Examples.Recipes;

/// <summary>Tests in virtual time.</summary>
public sealed class VirtualTime
{
    [Test]
    public void Subscriber_GetsABroadcast_ThatIsPublishedLater()
    {
        var network = new InMemoryNetwork(new TestScheduler(), seed: 7);
        Moq alice = network.AddPeer("alice"), bob = network.AddPeer("bob");
        network.Run(async () =>
        {
            await using var session = await bob.ConnectAsync(network.AddressOf(alice));
            var waiting = session.SubscribeAsync("studio/main");
            await network.Runtime.DelayAsync(TimeSpan.FromHours(1));          // an hour of virtual time
            Assert.That(waiting.IsCompleted, Is.False);
            using var registration = alice.Publish("studio/main", alice.CreateBroadcast());
            await using var studio = await waiting;
        }, limit: TimeSpan.FromHours(2));
    }

    [Test]
    public void Query_IsAdvancedStepByStep()
    {
        var time = new HistoricalScheduler(DateTimeOffset.UnixEpoch);
        var network = new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromMilliseconds(20) };
        Moq hall = network.AddPeer("hall"), guest = network.AddPeer("guest");
        var present = new List<int>();
        using var watching = hall.OpenSessions().Subscribe(sessions => present.Add(sessions.Count));
        using var dialing = guest.Connect(network.AddressOf(hall)).Subscribe();
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        network.Kill(guest);
        time.AdvanceBy(network.IdleTimeout + TimeSpan.FromSeconds(1));
        Assert.That(present, Is.EqualTo(new[] { 0, 1, 0 }));
    }
}
