using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary><c>track.SubscriberCounts()</c> and <c>broadcast.SubscriberCounts()</c>: demand as an observable.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SubscriberCountsTests
{
    [Test]
    public void ReadersComeAndGo_EveryChangeIsReportedAlsoTheLast() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var counts = peers.Note(track.SubscriberCounts());
        using var reader = broadcast.Consume();
        await peers.PauseAsync(1);
        var one = reader.Track("lines").Frames().Subscribe();
        await peers.PauseAsync(1);
        var other = reader.Track("lines").Frames().Subscribe();
        await peers.PauseAsync(1);
        one.Dispose();
        await peers.PauseAsync(1);
        other.Dispose();
        await peers.PauseAsync(1);
        Assert.That(counts.Items, Is.EqualTo(new[] { 0, 1, 2, 1, 0 }));
        Assert.That(counts.Times.Select(static time => Math.Round(time, 3)), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        Assert.That(counts.IsOver, Is.False);
    });

    [Test]
    public void ReadersOfOtherPeers_AreCountedAndLostWithThem() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        peers.Alice.Publish("studio/main", broadcast);
        using var counts = peers.Note(track.SubscriberCounts());
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var reading = session.WatchBroadcast("studio/main")
            .SelectMany(static studio => studio.Track("lines").Frames().EndOnFailure())
            .Subscribe();
        await peers.PauseAsync(1);
        Assert.That(counts.Items, Is.EqualTo(new[] { 0, 1 }));
        peers.Network.Kill(peers.Bob);
        await peers.PauseAsync(31);
        Assert.That(counts.Items, Is.EqualTo(new[] { 0, 1, 0 }));
    });

    [Test]
    public void TracksOfABroadcast_AreCountedTogether() => Peers.Run(async peers =>
    {
        var (broadcast, _) = peers.NewBroadcast("sound");
        broadcast.CreateTrack("picture");
        using var counts = peers.Note(broadcast.SubscriberCounts());
        using var reader = broadcast.Consume();
        await peers.PauseAsync(1);
        var sound = reader.Track("sound").Frames().Subscribe();
        await peers.PauseAsync(1);
        var picture = reader.Track("picture").Frames().Subscribe();
        await peers.PauseAsync(1);
        sound.Dispose();
        await peers.PauseAsync(1);
        broadcast.Finish();
        await peers.PauseAsync(1);
        Assert.That((counts.Items.Count, counts.IsCompleted), Is.EqualTo((4, false)), "Somebody reads on.");
        picture.Dispose();
        await peers.PauseAsync(1);
        Assert.That(counts.Items, Is.EqualTo(new[] { 0, 1, 2, 1, 0 }));
        Assert.That(counts.IsCompleted, Is.True);
    });

    [Test]
    public void TrackAborted_TheLastReadersLeaveAndItCompletes() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var reading = broadcast.Consume().Track("lines").Frames().Subscribe(static _ => { }, static _ => { });
        using var counts = peers.Note(track.SubscriberCounts());
        await peers.PauseAsync(1);
        track.Abort(MoqErrorCode.Dropped);
        await peers.PauseAsync(1);
        Assert.That((counts.Items, counts.IsCompleted), Is.EqualTo((new[] { 1, 0 }, true)));
        Assert.That(counts.EndedAt, Is.EqualTo(1).Within(0.001));
    });

    [Test]
    public void TrackFinished_LaterReadersAreCountedUntilTheBroadcastEnds() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var reader = broadcast.Consume();
        using var counts = peers.Note(track.SubscriberCounts());
        Peers.Write(track, "the last");
        track.Finish();
        await peers.PauseAsync(1);
        Assert.That((counts.Items, counts.IsCompleted), Is.EqualTo((new[] { 0 }, false)));
        using var late = peers.Note(reader.Track("lines").Frames());
        await peers.PauseAsync(1);
        Assert.That(late.Items, Has.Count.EqualTo(1));
        broadcast.Finish();
        await peers.PauseAsync(1);
        Assert.That((counts.Items[^1], counts.IsCompleted), Is.EqualTo((0, true)));
    });

    [Test]
    public void OverFromTheStart_ReportsNoNumberAndCompletes() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        track.Dispose();
        broadcast.Dispose();
        using var ofTrack = peers.Note(track.SubscriberCounts());
        using var ofBroadcast = peers.Note(broadcast.SubscriberCounts());
        await peers.PauseAsync(1);
        foreach (var counts in new[] { ofTrack, ofBroadcast })
            Assert.That((counts.Items, counts.IsCompleted), Is.EqualTo((new[] { 0 }, true)));
    });

    [Test]
    public void SlowObserver_GetsTheNewest() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        var seen = new List<int>();
        using var reader = broadcast.Consume();
        IDisposable? first = null;
        // The count changes while the observer gets the first number.
        using var counts = track.SubscriberCounts().Subscribe(count =>
        {
            seen.Add(count);
            if (seen.Count > 1)
                return;
            first = broadcast.Consume().Track("lines").Frames().Subscribe();
            using (track.OpenCursor())
            using (track.OpenCursor())
            {
            }
        });
        await peers.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { 0, 1 }));
        first!.Dispose();
        await peers.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { 0, 1, 0 }));
    });

    [Test]
    public void Unsubscribed_NothingIsReportedAndNothingKept() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        var counts = peers.Note(track.SubscriberCounts());
        await peers.PauseAsync(1);
        counts.Dispose();
        using var reading = broadcast.Consume().Track("lines").Frames().Subscribe();
        await peers.PauseAsync(1);
        Assert.That((counts.Items, counts.IsOver), Is.EqualTo((new[] { 0 }, false)));
    });
}
