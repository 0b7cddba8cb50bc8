using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary><c>session.WatchBroadcast(name)</c>: the instances of a broadcast, one after the other.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BroadcastsTests
{
    [Test]
    public void Live_TheInstanceComesAndThenEachNextOne() => Peers.Run(async peers =>
    {
        var (first, _) = peers.NewBroadcast();
        var live = peers.Alice.Publish("studio/main", first);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var instances = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        Assert.That(instances.Items, Has.Count.EqualTo(1));

        peers.Alice.Publish("studio/main", peers.NewBroadcast().Broadcast);
        await peers.PauseAsync(1);
        Assert.That(instances.Items, Has.Count.EqualTo(2));
        Assert.That(instances.Items[0].Closed.IsCompleted, Is.True);
        Assert.That(instances.Items[1].Closed.IsCompleted, Is.False);
        Assert.That(instances.IsOver, Is.False);
        live.Dispose();
    });

    [Test]
    public void NamesBelowAndBeside_AreNotIt() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("studio/main/deep", peers.NewBroadcast().Broadcast);
        peers.Alice.Publish("studio", peers.NewBroadcast().Broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var instances = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        Assert.That((instances.Items.Count, instances.IsOver), Is.EqualTo((0, false)));
    });

    [Test]
    public void SessionOver_CompletesAlsoForLaterSubscribers() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("studio/main", peers.NewBroadcast().Broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var instances = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        session.Close();
        await peers.PauseAsync(1);
        using var late = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        Assert.That((instances.Items.Count, instances.IsCompleted), Is.EqualTo((1, true)));
        Assert.That((late.Items.Count, late.IsCompleted), Is.EqualTo((0, true)));
    });

    [Test]
    public void Unsubscribed_NothingComesAndTheSessionStays() => Peers.Run(async peers =>
    {
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        var instances = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        instances.Dispose();
        peers.Alice.Publish("studio/main", peers.NewBroadcast().Broadcast);
        await peers.PauseAsync(1);
        Assert.That((instances.Items.Count, instances.IsOver, session.Closed.IsCompleted), Is.EqualTo((0, false, false)));
    });

    [Test]
    public void OneThatIsDisposed_StaysForOtherReaders() => Peers.Run(async peers =>
    {
        peers.Alice.Publish("studio/main", peers.NewBroadcast().Broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var one = session.WatchBroadcast("studio/main").Subscribe(static studio => studio.Dispose());
        using var other = peers.Note(session.WatchBroadcast("studio/main"));
        await peers.PauseAsync(1);
        Assert.That(() => other.Items.Single().Track("lines"), Throws.Nothing);
    });

    [Test]
    public void Switched_AReadingFollowsTheNameFromInstanceToInstance() => Peers.Run(async peers =>
    {
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var lines = peers.Note(
            session.WatchBroadcast("studio/main").Select(static studio => studio.Track("lines").Frames()).Switch().Select(Peers.Text));
        foreach (var instance in new[] { "first", "second" })
        {
            var (broadcast, track) = peers.NewBroadcast();
            peers.Alice.Publish("studio/main", broadcast);
            Peers.Write(track, $"{instance} a");
            await peers.PauseAsync(1);
            Peers.Write(track, $"{instance} b");
            await peers.PauseAsync(1);
        }

        Assert.That(lines.Items, Is.EqualTo(new[] { "first a", "first b", "second a", "second b" }));
        Assert.That(lines.IsOver, Is.False);
    });
}
