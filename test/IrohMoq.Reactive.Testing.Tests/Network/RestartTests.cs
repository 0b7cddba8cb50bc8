using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Network;

/// <summary>A peer that is started again on its old address, with its old key.</summary>
public sealed class RestartTests
{
    [Test]
    public void RestartedPeer_IsReachedAtItsOldAddress() => Run(async (network, alice, bob) =>
    {
        var old = network.AddressOf(bob);
        var session = await alice.ConnectAsync(old);
        // Bob's SETUP arrives, for which there is a shorter limit.
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        var restarted = network.RestartPeer(bob);
        Assert.That(network.AddressOf(restarted), Is.EqualTo(old));
        Assert.That((await session.Closed).Cause, Is.EqualTo(SessionEndCause.TimedOut), "the killed process sends no close");
        var again = await alice.ConnectAsync(old);
        Assert.That((again.RemoteId, again.Closed.IsCompleted), Is.EqualTo((session.RemoteId, false)));
    });

    [Test]
    public void RestartedPeerThatDialsBeforeTheTimeout_ReplacesItsOldSession() => Run(async (network, alice, bob) =>
    {
        await bob.ConnectAsync(network.AddressOf(alice));
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        var closures = new List<SessionClosed>();
        using var closed = alice.SessionClosures().Subscribe(closures.Add);
        var restarted = network.RestartPeer(bob);
        var session = await restarted.ConnectAsync(network.AddressOf(alice));
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(closures.Select(static end => end.IsSuperseded), Is.EqualTo(new[] { true }));
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void PeerThatWasDisposed_IsRestartedAsWell() => Run(async (network, alice, bob) =>
    {
        var address = network.AddressOf(bob);
        await bob.DisposeAsync();
        await network.EndpointOf(bob).DisposeAsync();
        network.RestartPeer(bob);
        Assert.That((await alice.ConnectAsync(address)).RemoteId, Is.EqualTo(address.Id));
    });

    [Test]
    public void AddressInUse_IsRefused()
    {
        var network = new InMemoryNetwork(new TestScheduler());
        var address = network.AddEndpoint("alice").Address.Addresses[0];
        Assert.That(
            () => network.AddEndpoint("bob", address),
            Throws.ArgumentException.With.Message.Contains("alice").And.Message.Contains("Kill"));
    }

    private static void Run(Func<InMemoryNetwork, Moq, Moq, Task> body)
    {
        var network = new InMemoryNetwork(new TestScheduler(), seed: 7);
        var (alice, bob) = (network.AddPeer("alice"), network.AddPeer("bob"));
        network.Run(() => body(network, alice, bob));
    }
}
