using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Faults;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Streams of a peer that sends too little on them, and the number of streams that the peer allows.</summary>
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
        [ValueSource(nameof(Names))] string beginning) => PeerConnection.Run(async (scene, alice, peer) =>
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
    public void ProbeStreams_MayBeSilent_UpToALimit() => PeerConnection.Run(static async (scene, alice, peer) =>
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
    public void IncompleteUniStream_IsStoppedAfterTenSeconds(
        [Values(1, 2, 3)] int bytes) => PeerConnection.Run(async (scene, alice, peer) =>
    {
        var stream = await peer.OpenUniAsync();
        var began = scene.Seconds;
        await stream.WriteAsync(new byte[] { (byte)UniStreamType.Group, 2, 0 }.AsMemory(0, bytes));
        Assert.That((await stream.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
    });

    [Test]
    [NonParallelizable]
    public void ThousandStreamsOfOneByte_HoldTwoKilobytesEach_AndAreAllStopped() => PeerConnection.Run(static async (scene, alice, peer) =>
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
}
