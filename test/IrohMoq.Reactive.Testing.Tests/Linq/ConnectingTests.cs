using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary><c>moq.Connecting</c>: a dial as an observable.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ConnectingTests
{
    [Test]
    public void NoAddress_IsRefusedAtOnce() => Peers.Run(peers =>
    {
        Assert.That(() => peers.Bob.Connect(null!), Throws.ArgumentNullException);
        return Task.CompletedTask;
    });

    [Test]
    public void NotSubscribed_NothingIsDialed() => Peers.Run(async peers =>
    {
        var closings = peers.Note(peers.Alice.SessionEvents());
        _ = peers.Bob.Connect(peers.ToAlice);
        await peers.PauseAsync(1);
        Assert.That(closings.Items, Is.Empty);
    });

    [Test]
    public void Subscribed_TheSessionComesAfterOneRoundTripAndStays() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(60);
        Assert.That(sessions.Items.Select(static session => session.RemoteId), Is.EqualTo(new[] { peers.ToAlice.Id }));
        Assert.That(sessions.Times[0], Is.EqualTo(0.02).Within(0.001));
        Assert.That(sessions.IsOver, Is.False);
    });

    [Test]
    public void ClosedByThePeer_Completes() => Peers.Run(async peers =>
    {
        using var accepting = peers.Alice.IncomingSessions().Subscribe(
            static incoming => incoming.Accept().Close(MoqErrorCode.FromApplication(9), "enough"));
        using var sessions = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(1);
        Assert.That((sessions.Items.Count, sessions.IsCompleted), Is.EqualTo((1, true)));
        Assert.That(sessions.EndedAt, Is.EqualTo(0.03).Within(0.011));
    });

    [Test]
    public void PeerGone_FailsAsTheDialDoes() => Peers.Run(async peers =>
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Connect(address));
        await peers.PauseAsync(60);
        Assert.That(
            sessions.Failure,
            Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.TimedOut));
        Assert.That(sessions.EndedAt, Is.EqualTo(10).Within(0.001), "The network's dial timeout.");
    });

    [Test]
    public void ShutDown_FailsBeforeASessionAndCompletesAfterIt() => Peers.Run(async peers =>
    {
        var carol = peers.Network.AddPeer("carol");
        peers.Network.Partition(peers.Alice, carol);
        using var dialing = peers.Note(carol.Connect(peers.ToAlice));
        using var connected = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(1);
        await carol.DisposeAsync();
        await peers.Bob.DisposeAsync();
        await peers.PauseAsync(0.001);
        Assert.That(dialing.Failure, Is.TypeOf<ObjectDisposedException>());
        Assert.That((connected.Items.Count, connected.IsCompleted), Is.EqualTo((1, true)));
    });

    [Test]
    public void UnsubscribedWhileDialing_TheDialIsCanceled() => Peers.Run(async peers =>
    {
        var opened = peers.Note(peers.Bob.SessionEvents());
        var sessions = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(0.005);
        sessions.Dispose();
        await peers.PauseAsync(60);
        Assert.That((sessions.Items.Count, sessions.IsOver, opened.Items.Count), Is.EqualTo((0, false, 0)));
    });

    [Test]
    public void UnsubscribedFromASession_ItIsGivenBack() => Peers.Run(async peers =>
    {
        var events = peers.Note(peers.Bob.SessionEvents());
        var sessions = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(1);
        Assert.That(events.Items, Has.Count.EqualTo(1));
        sessions.Dispose();
        await peers.PauseAsync(60);
        Assert.That(events.Items.Select(static e => e.IsOpening), Is.EqualTo(new[] { true, false }));
        Assert.That(events.Items[1].Closed!.IsRemote, Is.False);
    });

    [Test]
    public void TwoSubscribers_ShareOneSession() => Peers.Run(async peers =>
    {
        var arrived = peers.Note(peers.Alice.IncomingSessions());
        using var one = peers.Note(peers.Bob.Connect(peers.ToAlice));
        using var other = peers.Note(peers.Bob.Connect(peers.ToAlice));
        await peers.PauseAsync(1);
        Assert.That(arrived.Items, Has.Count.EqualTo(1));
        Assert.That(one.Items.Single(), Is.EqualTo(other.Items.Single()));
    });

    [Test]
    public void AnObserverThatThrows_IsDetachedAlone() => Peers.Run(async peers =>
    {
        var thrown = new List<string>();
        var scheduler = ((IScheduler)peers.Time).Catch<InvalidOperationException>(fault =>
        {
            thrown.Add(fault.Message);
            return true;
        });
        var events = peers.Note(peers.Bob.SessionEvents());
        _ = peers.Bob.Connect(peers.ToAlice, scheduler).Subscribe(static _ => throw new InvalidOperationException("the observer's own"));
        await peers.PauseAsync(60);
        Assert.That(thrown, Is.EqualTo(new[] { "the observer's own" }), "as in Rx, its scheduler gets the exception");
        Assert.That(events.Items.Select(static e => e.IsOpening), Is.EqualTo(new[] { true, false }), "Its lease is returned.");
    });
}
