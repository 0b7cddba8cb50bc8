using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A subscriber that refuses a group of a lossless track has lost its place.</summary>
public sealed class RefusedGroupTests
{
    /// <summary>
    /// The shutdown of a publisher waits only for the subscriptions that are being served and then closes the connection: the code of the
    /// refused group must have been sent before.
    /// </summary>
    [Test]
    public void SubscriberGetsTheCodeOfItsEnd_BeforeTheConnectionOfAPublisherThatShutsDownIsClosed() => Scene.Run(static async scene =>
    {
        var (alice, raw) = (scene.Add("alice"), scene.AddRaw("hand"));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = alice.Moq.Publish("x", broadcast);
        var peer = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        var announces = await peer.OpenBidiAsync();
        await announces.Send.WriteOpeningAsync(new AnnounceRequest(default), MoqVersion.Lite03);
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(
            new Subscribe(0, "x", "t", new DeliveryTerms(MaxLatency: SubscriptionTerms.NoLimit)), MoqVersion.Lite03);
        await track.WaitForSubscriberAsync();
        // The last group is still written.
        using var open = track.AppendGroup();
        open.Write(new byte[100]);
        track.Finish();
        var group = await peer.AcceptUniAsync();
        var shutdown = alice.Moq.ShutdownAsync();
        await scene.PauseAsync(0.1);
        Assert.That(peer.Closed.IsCompleted, Is.False, "it waits for the reader of a finished track");
        group.Stop(MoqErrorCode.Evicted, MoqVersion.Lite03);
        var end = await Failure.OfAsync<TransportStreamException>(async () =>
        {
            while (await stream.Receive.ReadAsync(new byte[100]) > 0)
            {
                // The answer of the publisher.
            }
        });
        Assert.That((end.ProtocolCode(MoqVersion.Lite03), end.IsRemote), Is.EqualTo((MoqErrorCode.SlowReader, true)));
        await shutdown;
        Assert.That(track.GetReaders().Single().End, Is.EqualTo(TrackReaderEnd.TooSlow));
    });
}
