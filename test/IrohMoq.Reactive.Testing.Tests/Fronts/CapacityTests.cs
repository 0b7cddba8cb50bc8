using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A request that is refused for lack of capacity: what the peer is told, which other source is asked, and that a relay does not pass the
/// refusal on, so that it is not tried again at each hop.
/// </summary>
public sealed class CapacityTests
{
    private const string Name = TwoRelays.Name;

    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void TooManySubscriptions_AreRefusedForLackOfCapacity_AndOneThatEndsMakesRoom(
        [ValueSource(nameof(Versions))] string version) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { MaxBidiStreams = 5_000, TracesArrivals = false },
        async scene =>
        {
            _ = MoqVersions.TryFromAlpn(version, out var spoken);
            var peer = await scene.AddRaw("peer").ConnectAsync(scene.Add("alice").Address, [version]);
            var streams = new List<BidiStream>();
            for (var i = 0; i <= SessionLimits.Default.Subscriptions; i++)
                streams.Add(await OpenAsync(peer));
            var refusal = await Failure.OfAsync<TransportStreamException>(async () => await streams[^1].Receive.ReadAsync(new byte[8]));
            Assert.That(StreamCodes.FromWire(refusal.Code), Is.EqualTo(version == "moq-lite-06" ? 0x30 : 30));
            Assert.That(
                refusal.ProtocolCode(spoken), Is.EqualTo(version == "moq-lite-06" ? MoqErrorCode.NoCapacity : MoqErrorCode.Unroutable));
            await scene.PauseAsync(1);
            Assert.That(streams.Count(static stream => stream.Send.Closed.IsCompleted), Is.EqualTo(1));
            streams[0].Send.Reset(0);
            await scene.PauseAsync(1);
            var next = await OpenAsync(peer);
            await scene.PauseAsync(1);
            Assert.That((next.Send.Closed.IsCompleted, peer.Closed.IsCompleted), Is.EqualTo((false, false)));
        });

    /// <summary>Each subscription requests the properties of its track, so that their number has the same limit.</summary>
    [Test]
    public void TooManyRequestsOfProperties_AreRefusedForLackOfCapacity_AndOneThatEndsMakesRoom(
        [Values("moq-lite-05", "moq-lite-06")] string version) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { MaxBidiStreams = 5_000, TracesArrivals = false },
        async scene =>
        {
            _ = MoqVersions.TryFromAlpn(version, out var spoken);
            var peer = await scene.AddRaw("peer").ConnectAsync(scene.Add("alice").Address, [version]);
            var streams = new List<BidiStream>();
            for (var i = 0; i <= SessionLimits.Default.Subscriptions; i++)
                streams.Add(await AskAsync());
            var refusal = await Failure.OfAsync<TransportStreamException>(async () => await streams[^1].Receive.ReadAsync(new byte[8]));
            Assert.That(
                refusal.ProtocolCode(spoken), Is.EqualTo(version == "moq-lite-06" ? MoqErrorCode.NoCapacity : MoqErrorCode.Unroutable));
            await scene.PauseAsync(1);
            Assert.That(streams.Count(static stream => stream.Send.Closed.IsCompleted), Is.EqualTo(1));
            streams[0].Send.Reset(0);
            await scene.PauseAsync(1);
            var next = await AskAsync();
            await scene.PauseAsync(1);
            Assert.That((next.Send.Closed.IsCompleted, peer.Closed.IsCompleted), Is.EqualTo((false, false)));

            // A request that has not arrived completely is waited for.
            async ValueTask<BidiStream> AskAsync()
            {
                var stream = await peer.OpenBidiAsync();
                await stream.Send.WriteAsync(new[] { (byte)BidiStreamType.Track });
                return stream;
            }
        });

    [Test]
    public void OneOtherSource_IsAsked_AndNotAThird([Values] bool hasSecond) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        // Of equal routes that of the newest session is used first.
        using var third = await Route.OpenAsync(scene, reader, scene.Saying("third"));
        using var second = await Route.OpenAsync(scene, reader, hasSecond ? scene.Saying("second") : Refusing(scene));
        using var first = await Route.OpenAsync(scene, reader, Refusing(scene));
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        if (hasSecond)
        {
            Assert.That(await Scene.HearAsync(broadcast), Is.EqualTo("second"));
            return;
        }

        var failure = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(broadcast));
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.NoCapacity, true)));
        Assert.That(reader.Closures, Is.Empty);
    });

    /// <summary>A refusal is not remembered: the next reading begins with the best source, and may ask another one.</summary>
    [Test]
    public void NextReading_AsksAnew() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        var full = scene.Broadcast();
        using var other = await Route.OpenAsync(scene, reader, Refusing(scene));
        using var first = await Route.OpenAsync(scene, reader, full);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        using (full.TrackRequests().Subscribe(static request => request.Reject(MoqErrorCode.NoCapacity)))
            await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(broadcast));
        Scene.Say(full.CreateTrack("t"), "now");
        Assert.That(await Scene.HearAsync(broadcast), Is.EqualTo("now"));
    });

    /// <summary>Up to moq-lite-05 the publisher has no such code.</summary>
    [Test]
    public void Relay_RefusesWithAnotherCode(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isFront,
        [Values("read", "fetch")] string how) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, relay, reader) = (scene.Add(Name, options), scene.Add("relay", options), scene.Add("reader", options));
        using var full = Refusing(scene);
        using var live = publisher.Moq.Publish(Name, full);
        var upstream = await relay.ConnectAsync(publisher);
        var forwarded = isFront ? await relay.Moq.SubscribeAsync(Name) : await upstream.SubscribeAsync(Name);
        using var publication = relay.Moq.Publish(Name, forwarded);
        var read = await (await reader.ConnectAsync(relay)).SubscribeAsync(Name);
        var atRelay = await Failure.OfAsync<MoqStreamException>(() => ReadAsync(forwarded, how));
        var atReader = await Failure.OfAsync<MoqStreamException>(() => ReadAsync(read, how));
        Assert.That(atRelay.Code, Is.EqualTo(version == "moq-lite-06" ? MoqErrorCode.NoCapacity : MoqErrorCode.Unroutable));
        Assert.That(atReader.Code, Is.EqualTo(MoqErrorCode.Unroutable));
    });

    private static async ValueTask ReadAsync(BroadcastConsumer broadcast, string how)
    {
        if (how == "read")
            await Scene.HearAsync(broadcast);
        else
            (await broadcast.Track("t").FetchAsync(0)).Dispose();
    }

    /// <summary>Creates a broadcast that refuses every track for lack of capacity.</summary>
    private static BroadcastProducer Refusing(Scene scene)
    {
        var broadcast = scene.Broadcast();
        broadcast.TrackRequests().Subscribe(static request => request.Reject(MoqErrorCode.NoCapacity));
        return broadcast;
    }

    private static async Task<BidiStream> OpenAsync(ITransportConnection peer)
    {
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteAsync(new[] { (byte)BidiStreamType.Subscribe });
        return stream;
    }
}
