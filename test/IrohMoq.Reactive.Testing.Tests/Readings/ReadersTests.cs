namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>The publisher sees its remote readers by the ids of their peers, and knows of each whether it has everything.</summary>
public sealed class ReadersTests
{
    public enum Ending
    {
        ReadsEverything,
        Leaves,
        ClosesItsSession,
        LosesItsNetwork,
        GoesBeforeItIsAnswered,
    }

    [Test]
    public void RemoteReader_IsListedWithItsPeer_AndWithHowItEnded(
        [Values] Ending ending, [Values] bool isLossless) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = isLossless });
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var reader = (await session.SubscribeAsync("x")).Track("t").Open();
        if (ending == Ending.GoesBeforeItIsAnswered)
        {
            // The subscription has arrived, and its answer is on the way.
            await scene.PauseAsync(1.2 * Scene.Latency);
            session.Close();
            await scene.PauseAsync(5);
            Assert.That(track.GetReaders().Select(static one => one.End), Is.EqualTo(new TrackReaderEnd?[] { TrackReaderEnd.SessionLost }));
            return;
        }

        await track.WaitForSubscriberAsync();
        for (var i = 0; i < 3; i++)
        {
            using var group = await track.AppendGroupAsync();
            await group.WriteAsync(new byte[100]);
            group.Finish();
            (await reader.ReadGroupAsync())!.Dispose();
        }

        var listed = track.GetReaders().Single();
        Assert.That((listed.IsRemote, listed.Groups, listed.End), Is.EqualTo((true, 3L, (TrackReaderEnd?)null)));
        Assert.That(listed.PeerId.ToArray(), Is.EqualTo(bob.Id.ToArray()));
        switch (ending)
        {
            case Ending.ReadsEverything:
                track.Finish();
                Assert.That(await reader.ReadGroupAsync(), Is.Null);
                break;
            case Ending.Leaves:
                reader.Dispose();
                break;
            case Ending.ClosesItsSession:
                session.Close();
                break;
            default:
                scene.Network.Partition(alice.Moq, bob.Moq);
                break;
        }

        await track.WaitForNoSubscriberAsync();
        var end = ending switch
        {
            Ending.ReadsEverything => TrackReaderEnd.Completed,
            Ending.Leaves => TrackReaderEnd.Left,
            _ => TrackReaderEnd.SessionLost,
        };
        Assert.That(track.GetReaders().Select(static one => (one.Groups, one.End)), Is.EqualTo(new[] { (3L, (TrackReaderEnd?)end) }));
    });

    /// <summary>The transport of the peer acknowledges everything, but its application never reports that it has read it.</summary>
    [Test]
    public void RemoteReaderThatDiesAfterEverythingWasAcknowledged_IsLost() => Scene.Run(static async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        using var reader = (await session.SubscribeAsync("x")).Track("t").Open();
        await track.WaitForSubscriberAsync();
        Scene.Say(track, "all");
        track.Finish();
        await scene.PauseAsync(1);
        Assert.That(track.SubscriberCount, Is.EqualTo(1), "it has taken nothing yet");
        scene.Network.Partition(alice.Moq, bob.Moq);
        await track.WaitForNoSubscriberAsync();
        Assert.That(track.GetReaders().Single().End, Is.EqualTo(TrackReaderEnd.SessionLost).Or.EqualTo(TrackReaderEnd.Left));
        Assert.That(track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 0, 1)));
    });
}
