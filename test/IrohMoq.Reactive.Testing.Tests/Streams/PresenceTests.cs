using System.Collections.Immutable;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Streams;

/// <summary>
/// The scan over <see cref="Reactive.Moq.SessionEvents"/> that counts the present peers is always right, whatever the peers do.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PresenceTests
{
    private readonly InMemoryNetwork _net = new(new TestScheduler(), seed: 3);
    private readonly List<int> _counts = [];

    [Test]
    public void BothDialAtOnce_BothAreHereOnceAndStay()
    {
        Reactive.Moq alice = _net.AddPeer("alice"), bob = _net.AddPeer("bob");
        _net.Run(async () =>
        {
            using var atAlice = Count(alice);
            var there = bob.ConnectAsync(_net.AddressOf(alice));
            var here = alice.ConnectAsync(_net.AddressOf(bob));
            await there;
            await here;
            await _net.Runtime.DelayAsync(TimeSpan.FromSeconds(20));
            Assert.That(_counts, Is.EqualTo(new[] { 1 }));
        });
    }

    [Test]
    public void RestartedPeerThatDials_ClosesThenOpens()
    {
        Reactive.Moq alice = _net.AddPeer("alice"), bob = _net.AddPeer("bob");
        _net.Run(async () =>
        {
            var closures = new List<SessionClosed>();
            using var ends = alice.SessionClosures().Subscribe(closures.Add);
            using var atAlice = Count(alice);
            await bob.ConnectAsync(_net.AddressOf(alice));
            await _net.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
            _net.Kill(bob);
            var again = _net.AddPeer("bob");
            await again.ConnectAsync(_net.AddressOf(alice));
            await _net.Runtime.DelayAsync(TimeSpan.FromSeconds(60));
            Assert.That(_counts, Is.EqualTo(new[] { 1, 0, 1 }), "the old one's connection times out later, and says nothing");
            Assert.That(
                closures.Select(static closed => (closed.IsSuperseded, closed.Reason, closed.IsRemote)),
                Is.EqualTo(new[] { (true, "superseded", false) }));
        });
    }

    [Test]
    public void SessionClosedHereAndDialedAgain_ClosesThenOpens()
    {
        Reactive.Moq alice = _net.AddPeer("alice"), bob = _net.AddPeer("bob");
        _net.Run(async () =>
        {
            using var atAlice = Count(alice);
            for (var i = 0; i < 3; i++)
                (await alice.ConnectAsync(_net.AddressOf(bob))).Close();
            await _net.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(_counts, Is.EqualTo(new[] { 1, 0, 1, 0, 1, 0 }));
        });
    }

    private IDisposable Count(Reactive.Moq moq) => moq.SessionEvents()
        .Scan(
            ImmutableSortedSet<EndpointId>.Empty,
            static (here, happened) => happened.IsOpening ? here.Add(happened.RemoteId) : here.Remove(happened.RemoteId))
        .Subscribe(here => _counts.Add(here.Count));
}
