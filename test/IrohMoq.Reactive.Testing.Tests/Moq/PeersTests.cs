using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Peers made by the network: on its clock, under its rules, known by their managers.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PeersTests
{
    private readonly TestScheduler _time = new();
    private readonly InMemoryNetwork _network;
    private readonly Moq _alice;
    private readonly Moq _bob;

    public PeersTests()
    {
        _network = new InMemoryNetwork(_time, seed: 7);
        (_alice, _bob) = (_network.AddPeer("alice"), _network.AddPeer("bob"));
    }

    private double Seconds => TimeSpan.FromTicks(_time.Clock).TotalSeconds;

    [Test]
    public void BothDialAndAreDialed_AndHaveTheIdsOfTheNetwork() => _network.Run(async () =>
    {
        var there = await _bob.ConnectAsync(_network.AddressOf(_alice));
        var back = await _alice.ConnectAsync(_network.AddressOf(_bob));
        Assert.That((there.RemoteId, back.RemoteId), Is.EqualTo((_network.EndpointOf(_alice).Id, _network.EndpointOf(_bob).Id)));
        Assert.That(_network.EndpointOf(_alice).Name, Is.EqualTo("alice"));
        Assert.That(_network.AddressOf(_alice), Is.EqualTo(_network.EndpointOf(_alice).Address));
    });

    [Test]
    public void TransportWithoutPaths_HasNone() => _network.Run(async () =>
    {
        var session = await _bob.ConnectAsync(_network.AddressOf(_alice));
        var happened = new List<string>();
        using var watching = session.PathChanges().Subscribe(
            path => happened.Add(path.ToString()), fault => happened.Add(fault.Message), () => happened.Add("completed"));
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(session.Path, Is.Null);
        Assert.That(happened, Is.Empty);
        await session.CloseAsync();
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(happened, Is.EqualTo(["completed"]));
    });

    [Test]
    public void Options_AreKeptExceptForTheClock()
    {
        var options = new MoqOptions { Scheduler = new TestScheduler(), MaxSessions = 1 };
        var carol = _network.AddPeer("carol", options);
        _network.Run(async () =>
        {
            await carol.ConnectAsync(_network.AddressOf(_alice));
            var refused = await Failure.OfAsync<MoqException>(async () => await carol.ConnectAsync(_network.AddressOf(_bob)));
            Assert.That(refused.Code, Is.EqualTo(MoqErrorCode.BoundsExceeded));
        });
    }

    [Test]
    public void BadOptions_LeaveNoPeerBehind()
    {
        Assert.That(
            () => _network.AddPeer("carol", new MoqOptions { MaxSessions = 0 }),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("MaxSessions"));
        Assert.That(() => _network.AddPeer("carol"), Throws.Nothing);
        Assert.That(() => _network.AddPeer("carol"), Throws.ArgumentException.With.Message.Contains("carol"));
    }

    [Test]
    public void HealedInTime_TheSessionLivesAndWhatWasPublishedMeanwhileArrives() => _network.Run(async () =>
    {
        var session = await _bob.ConnectAsync(_network.AddressOf(_alice));
        // The SETUP of each side arrives, for which there is a shorter limit.
        await PauseAsync(1);
        _network.Partition(_alice, _bob);
        using var broadcast = new BroadcastProducer(_network.Runtime);
        using var live = _alice.Publish("studio/main", broadcast);
        var waiting = session.SubscribeAsync("studio/main");
        await PauseAsync(29);
        Assert.That(waiting.IsCompleted, Is.False);

        _network.Heal(_bob, _alice);
        await using var studio = await waiting;
        await PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void Killed_ItsOwnStreamsFailAndTheOthersSeeATimeout() => _network.Run(async () =>
    {
        var session = await _bob.ConnectAsync(_network.AddressOf(_alice));
        await PauseAsync(1);
        Exception? failure = null;
        _alice.SessionEvents().Subscribe(static _ => { }, fault => failure = fault);
        var before = Seconds;
        _network.Kill(_alice);
        var closed = await session.Closed;
        Assert.That((closed.Cause, closed.Code), Is.EqualTo((SessionEndCause.TimedOut, MoqErrorCode.Timeout)));
        Assert.That(Seconds - before, Is.EqualTo(30).Within(0.001));
        Assert.That(failure, Is.InstanceOf<MoqException>());
    });

    [Test]
    public void KilledAndAddedAgain_IsTheSamePeerAtAnotherAddress() => _network.Run(async () =>
    {
        var before = _network.AddressOf(_alice);
        var old = await _bob.ConnectAsync(before);
        _network.Kill(_alice);
        var again = _network.AddPeer("alice");
        Assert.That(_network.AddressOf(again).Id, Is.EqualTo(before.Id));
        Assert.That(_network.AddressOf(again), Is.Not.EqualTo(before));
        // Bob has no notice of the end yet: his session is open until the idle timeout, and he keeps it.
        Assert.That(await _bob.ConnectAsync(_network.AddressOf(again)), Is.EqualTo(old));
        await old.Closed;
        Assert.That(await _bob.ConnectAsync(_network.AddressOf(again)), Is.Not.EqualTo(old));
    });

    [Test]
    public void ShutDown_TheEndpointStaysUntilItIsDisposed() => _network.Run(async () =>
    {
        await _alice.DisposeAsync();
        Assert.That(() => _network.AddPeer("alice"), Throws.ArgumentException.With.Message.Contains("kill or dispose"));
        await _network.EndpointOf(_alice).DisposeAsync();
        await _bob.ConnectAsync(_network.AddressOf(_network.AddPeer("alice")));
    });

    [Test]
    public void PeersOfOthers_AreRefused()
    {
        var stranger = new InMemoryNetwork(_time).AddPeer("stranger");
        foreach (var use in new Action[]
        {
            () => _network.EndpointOf(stranger), () => _network.AddressOf(stranger), () => _network.Kill(stranger),
            () => _network.Partition(_alice, stranger), () => _network.Heal(stranger, _alice),
        })
        {
            Assert.That(use, Throws.ArgumentException.With.Message.Contains("not returned by AddPeer of this network"));
        }
    }

    [Test]
    public void BroadcastOnAnotherClock_IsRefusedBeforeItHangsTheRun() => _network.Run(async () =>
    {
        using var broadcast = new BroadcastProducer();
        Assert.That(
            () => _alice.Publish("studio/main", broadcast), Throws.ArgumentException.With.Message.Contains("moq.CreateBroadcast()"));
        var session = await _bob.ConnectAsync(_network.AddressOf(_alice));
        Assert.That(
            () => session.Publish("studio/main", broadcast), Throws.ArgumentException.With.Message.Contains("moq.CreateBroadcast()"));
        Assert.That(_alice.PublishedBroadcasts, Is.Empty);
    });

    private ValueTask PauseAsync(double seconds) => _network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));
}
