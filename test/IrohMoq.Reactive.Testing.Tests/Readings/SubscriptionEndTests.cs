using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Subscriptions whose groups a peer stops, that a peer ends at the last moment, or that end before anything is sent.</summary>
public sealed class SubscriptionEndTests
{
    private const MoqVersion Version = MoqVersion.Lite03;

    [Test]
    public void PeerThatStopsAGroupOfALosslessTrack_HasLostIt([Values] bool cancels) => PeerConnection.Run(async (scene, alice, peer) =>
    {
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true, DropsWithoutReaders = true });
        using var live = alice.Publish("x", broadcast);
        var subscription = await SubscribeAsync(peer, "t");
        await track.WaitForSubscriberAsync();
        Scene.Say(track, "first");
        using var open = track.AppendGroup();
        var group = await peer.AcceptUniAsync();
        group = await peer.AcceptUniAsync();
        group.Stop(cancels ? MoqErrorCode.Cancel : MoqErrorCode.Evicted, MoqVersion.Lite03);
        await scene.PauseAsync(1);
        Assert.That(track.ReaderTotals, Is.EqualTo(cancels ? new ReaderTotals(1, 0, 0) : new ReaderTotals(0, 0, 1)));
        if (cancels)
            return;
        using var reader = new MessageReader(subscription.Receive, Version);
        var failure = await Failure.OfAsync<TransportStreamException>(async () =>
        {
            while (await reader.ReadSubscribeResponseAsync() is not null)
            {
                // The answer comes before the end.
            }
        });
        Assert.That(failure.ProtocolCode(MoqVersion.Lite03), Is.EqualTo(MoqErrorCode.SlowReader));
    });

    [Test]
    public void PeerThatStopsAGroupOfALiveTrack_GetsTheNext() => PeerConnection.Run(static async (scene, alice, peer) =>
    {
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Publish("x", broadcast);
        await SubscribeAsync(peer, "t");
        await track.WaitForSubscriberAsync();
        using var open = track.AppendGroup();
        (await peer.AcceptUniAsync()).Stop(MoqErrorCode.Evicted, MoqVersion.Lite03);
        await scene.PauseAsync(1);
        Scene.Say(track, "next");
        Assert.That(await (await peer.AcceptUniAsync()).ReadAsync(new byte[64]), Is.Positive);
        Assert.That(track.ReaderTotals.Active, Is.EqualTo(1));
    });

    [Test]
    public void PeerThatClosesRightAfterItHasEndedASubscription_HasReadTheTrack([Values] bool isBusy) => Scene.Run(async scene =>
    {
        var endpoint = scene.AddRaw("alice");
        await using var alice = Moq.Serve(isBusy ? new LateEndpoint(endpoint) : endpoint);
        var peer = await scene.AddRaw("bob").ConnectAsync(endpoint.Address, ["moq-lite-03"]);
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = alice.Publish("x", broadcast);
        var subscription = await SubscribeAsync(peer, "t");
        await track.WaitForSubscriberAsync();
        Scene.Say(track, "all");
        track.Finish();
        var group = await peer.AcceptUniAsync();
        while (await group.ReadAsync(new byte[64]) > 0)
        {
            // The group is read to its end.
        }

        await scene.PauseAsync(1);
        subscription.Send.Finish();
        peer.Close(0, "");
        await track.WaitForNoSubscriberAsync();
        Assert.That(track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 0)));
    });

    /// <summary>The packet with the end could be lost, and after the close nothing is sent again.</summary>
    [Test]
    public void SubscriberThatShutsDownRightAfterTheEnd_ClosesWhenThePublisherKnows() => Scene.Run(static async scene =>
    {
        var hand = scene.AddRaw("hand", "moq-lite-03");
        var bob = scene.Add("bob");
        var connecting = bob.Moq.ConnectAsync(hand.Address);
        var connection = await hand.AcceptAsync();
        HandSubscription? subscription = null;
        var serving = HandPublisher.ServeAsync(connection, async asked =>
        {
            subscription = asked;
            await asked.AnswerAsync(asked.Asked);
            await asked.SendAsync(0);
            asked.Finish();
        });
        var remote = await (await connecting).SubscribeAsync("x");
        await foreach (var _ in remote.Track("t").ReadGroupsAsync())
        {
            // The track is read to its end.
        }

        var began = scene.Seconds;
        await bob.Moq.ShutdownAsync();
        await connection.Closed;
        await serving;
        Assert.That(subscription!.End, Is.EqualTo("finished"));
        // The end, its acknowledgment, and the close.
        Assert.That(scene.Seconds - began, Is.EqualTo(3 * Scene.Latency).Within(0.001));
    });

    [Test]
    public void ReadingThatIsCanceledBeforeItBegins_SendsNoSubscription() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var stop = new CancellationTokenSource();
            stop.Cancel();
            var groups = remote.Track("t").ReadGroupsAsync(stop.Token).GetAsyncEnumerator(stop.Token);
            await Failure.OfAsync<OperationCanceledException>(async () => await groups.MoveNextAsync());
            await scene.PauseAsync(1);
        },
        static (_, subscription) => throw new AssertionException($"It was asked for '{subscription.Track}'."));

    [Test]
    public void PublisherThatReadsNoUpdates_KeepsNoSubscriptionThatHasEnded([Values] bool isByThePublisher) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { StreamWindow = 200, SendQueue = 100 },
        async scene =>
        {
            var (raw, bob) = (scene.AddRaw("hand", "moq-lite-03"), scene.Add("bob"));
            var accepting = raw.AcceptAsync().AsTask();
            var session = await bob.Moq.ConnectAsync(raw.Address);
            var connection = await accepting;
            var announces = await connection.AcceptBidiAsync();
            await announces.Send.WriteAsync(new Announce(true, "x"), Version);
            var track = (await session.SubscribeAsync("x")).Track("t");
            var reader = track.Open();
            var subscription = await connection.AcceptBidiAsync();
            await subscription.Send.WriteAsync(new SubscribeOk(new DeliveryTerms(0, true, 10_000, StartGroup: 0)), Version);
            for (byte i = 0; i < 100; i++)
            {
                await scene.PauseAsync(0.1);
                reader.Options = new SubscribeOptions { Priority = i };
            }

            if (isByThePublisher)
            {
                subscription.Send.Finish();
                Assert.That(await reader.ReadGroupAsync(), Is.Null);
            }

            reader.Dispose();
            await scene.PauseAsync(4);
            var failure = await Failure.OfAsync<TransportStreamException>(async () =>
            {
                while (await subscription.Receive.ReadAsync(new byte[1000]) > 0)
                {
                    // The updates that were sent.
                }
            });
            Assert.That(StreamCodes.FromWire(failure.Code), Is.EqualTo(MoqErrorCode.Timeout.Value));
        });

    private static async Task<BidiStream> SubscribeAsync(ITransportConnection peer, string track)
    {
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(
            new Subscribe(0, "x", track, new DeliveryTerms(MaxLatency: SubscriptionTerms.NoLimit)), Version);
        return stream;
    }
}
