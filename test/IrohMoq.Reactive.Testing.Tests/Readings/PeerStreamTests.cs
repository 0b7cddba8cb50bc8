using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Faults;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Streams of a peer that sends too little on them or stops them, and the number of streams that the peer allows.</summary>
public sealed class PeerStreamTests
{
    private const MoqVersion Version = MoqVersion.Lite03;

    /// <summary>The first bytes of a stream, which never sends more.</summary>
    private static readonly Dictionary<string, byte[]> Beginnings = new()
    {
        ["half a type"] = [0x40],
        ["subscribe"] = [(byte)BidiStreamType.Subscribe],
        ["half a subscribe"] = [(byte)BidiStreamType.Subscribe, 20, 0, 1, (byte)'x'],
        ["announce"] = [(byte)BidiStreamType.Announce],
        ["half an announce"] = [(byte)BidiStreamType.Announce, 9, 8, (byte)'x'],
        ["half a probe"] = [(byte)BidiStreamType.Probe, 8],
    };

    [Test]
    public void IncompleteBidiStream_IsStoppedAfterTenSeconds(
        [ValueSource(nameof(Names))] string beginning) => Run(async (scene, alice, peer) =>
    {
        var stream = await peer.OpenBidiAsync();
        var began = scene.Seconds;
        await stream.Send.WriteAsync(Beginnings[beginning]);
        await Failure.OfAsync<TransportStreamException>(async () =>
        {
            while (await stream.Receive.ReadAsync(new byte[8]) > 0)
            {
                // A PROBE is answered before it is complete.
            }
        });
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
        Assert.That((await stream.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
    });

    [Test, Fault(53)]
    public void ProbeStreams_MayBeSilent_UpToALimit() => Run(static async (scene, alice, peer) =>
    {
        var most = SessionLimits.Default.ProbeStreams;
        var streams = new List<BidiStream>();
        for (var i = 0; i < most + 3; i++)
        {
            streams.Add(await peer.OpenBidiAsync());
            await streams[i].Send.WriteAsync(new[] { (byte)BidiStreamType.Probe });
            await scene.PauseAsync(0.1);
        }

        await scene.PauseAsync(30);
        Assert.That(
            streams.Select(static stream => stream.Send.Closed.IsCompleted),
            Is.EqualTo(Enumerable.Range(0, most + 3).Select(i => i >= most)));
        var refusal = await Failure.OfAsync<TransportStreamException>(async () => await streams[most].Receive.ReadAsync(new byte[8]));
        Assert.That(refusal.ProtocolCode(MoqVersion.Lite03), Is.EqualTo(MoqErrorCode.BoundsExceeded));
        // A stream that ends makes room for another.
        streams[0].Send.Finish();
        while (await streams[0].Receive.ReadAsync(new byte[8]) > 0)
        {
            // The reports that were sent before.
        }

        var next = await peer.OpenBidiAsync();
        await next.Send.WriteAsync(new[] { (byte)BidiStreamType.Probe });
        await scene.PauseAsync(1);
        Assert.That(next.Send.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void IncompleteUniStream_IsStoppedAfterTenSeconds([Values(1, 2, 3)] int bytes) => Run(async (scene, alice, peer) =>
    {
        var stream = await peer.OpenUniAsync();
        var began = scene.Seconds;
        await stream.WriteAsync(new byte[] { (byte)UniStreamType.Group, 2, 0 }.AsMemory(0, bytes));
        Assert.That((await stream.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
    });

    [Test]
    [NonParallelizable]
    public void ThousandStreamsOfOneByte_HoldTwoKilobytesEach_AndAreAllStopped() => Run(static async (scene, alice, peer) =>
    {
        var streams = new List<ISendStream>();
        for (var i = 0; i < 1_024; i++)
            streams.Add(await peer.OpenUniAsync());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var stream in streams)
            await stream.WriteAsync(new byte[] { 0 });
        await scene.PauseAsync(1);
        // Both ends of each stream are in this process.
        Assert.That((GC.GetTotalMemory(forceFullCollection: true) - before) / streams.Count, Is.LessThan(4_000));
        foreach (var stream in streams)
            Assert.That((await stream.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        Assert.That(scene.Seconds, Is.LessThan(15));
    });

    [Test]
    public void PeerThatStopsAGroupOfALosslessTrack_HasLostIt([Values] bool cancels) => Run(async (scene, alice, peer) =>
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
    public void PeerThatStopsAGroupOfALiveTrack_GetsTheNext() => Run(static async (scene, alice, peer) =>
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
    public void SubscriptionsBeyondThePeersLimit_FailInTimeAndNameIt() => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { MaxBidiStreams = 20 },
        static async scene =>
        {
            var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
            using var broadcast = scene.Broadcast();
            for (var i = 0; i < 30; i++)
                Scene.Say(broadcast.CreateTrack($"{i}"), $"{i}");
            using var live = alice.Moq.Publish("x", broadcast);
            var remote = await (await bob.ConnectAsync(alice)).SubscribeAsync("x");
            var readings = Enumerable.Range(0, 30).Select(i => FirstAsync(remote.Track($"{i}"))).ToArray();
            await scene.PauseAsync(11);
            Assert.That(readings, Is.All.Property(nameof(Task.IsCompleted)).True);
            var ends = new List<string>();
            foreach (var reading in readings)
                ends.Add(await reading);
            // One stream is that of the announcements.
            Assert.That(ends.Count(static end => end == "a group"), Is.EqualTo(19));
            Assert.That(ends.Where(static end => end != "a group"), Has.Exactly(11).Contains("MaxIncomingBidiStreams"));
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

    private static IEnumerable<string> Names => Beginnings.Keys;

    private static readonly List<TrackReader> Held = [];

    private static async Task<string> FirstAsync(TrackConsumer track)
    {
        try
        {
            var reader = track.Open();
            lock (Held)
                Held.Add(reader);
            return await reader.ReadGroupAsync() is null ? "no group" : "a group";
        }
        catch (MoqStreamException failure)
        {
            return $"{failure.Code}: {failure.Message}";
        }
    }

    private static async Task<BidiStream> SubscribeAsync(ITransportConnection peer, string track)
    {
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(
            new Subscribe(0, "x", track, new DeliveryTerms(MaxLatency: SubscriptionTerms.NoLimit)), Version);
        return stream;
    }

    /// <summary>Runs a test with a manager and a raw connection of a peer that has a session with it.</summary>
    private static void Run(Func<Scene, Moq, ITransportConnection, Task> body) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await scene.PauseAsync(0.1);
        await alice.Moq.ConnectAsync(bob.Address);
        await body(scene, alice.Moq, peer);
    });
}
