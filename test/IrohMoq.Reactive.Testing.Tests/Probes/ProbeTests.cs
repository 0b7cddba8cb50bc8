using System.Reactive.Linq;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Readings;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Probes;

/// <summary>The estimates of how fast the peers of a session can send.</summary>
public sealed class ProbeTests
{
    private const long Bandwidth = 1_000_000;

    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void EstimateOfThePeer_IsObserved_EveryTenSeconds([ValueSource(nameof(Versions))] string protocol) => Run(async scene =>
    {
        var session = await ConnectAsync(scene, protocol);
        var seen = new List<(double At, RateEstimate Estimate)>();
        var isOver = false;
        using var observing = session.ReceiveRates().Subscribe(estimate => seen.Add((scene.Seconds, estimate)), () => isOver = true);
        await scene.PauseAsync(25);
        var time = protocol == "moq-lite-03" ? (TimeSpan?)null : TimeSpan.FromMilliseconds(20);
        Assert.That(seen.Select(static one => one.Estimate), Is.EqualTo(Enumerable.Repeat(new RateEstimate(Bandwidth, time), 3)));
        Assert.That(seen[2].At - seen[1].At, Is.EqualTo(10).Within(0.2));
        session.Close();
        await scene.PauseAsync(1);
        Assert.That(isOver, Is.True);
    });

    [Test]
    public void Observers_ShareOneStream_WhichEndsWithTheLast_AndAnotherFollows([ValueSource(nameof(Versions))] string protocol) => Run(
        async scene =>
        {
            var session = await ConnectAsync(scene, protocol);
            await scene.PauseAsync(1);
            Assert.That(Probes(session), Is.Zero, "nobody has asked");
            var (first, second) = (new List<RateEstimate>(), new List<RateEstimate>());
            var one = session.ReceiveRates().Subscribe(first.Add);
            await scene.PauseAsync(1);
            var other = session.ReceiveRates().Subscribe(second.Add);
            await scene.PauseAsync(1);
            Assert.That((first.Count, second.Count, Probes(session)), Is.EqualTo((1, 1, 1)), "the newest estimate is replayed");
            one.Dispose();
            await scene.PauseAsync(10);
            Assert.That((first.Count, second.Count), Is.EqualTo((1, 2)));
            other.Dispose();
            await scene.PauseAsync(20);
            Assert.That(Probes(session), Is.Zero);
            using var again = session.ReceiveRates().Subscribe(first.Add);
            await scene.PauseAsync(1);
            Assert.That((first.Count, Probes(session)), Is.EqualTo((2, 1)));
        });

    [Test]
    public void OwnEstimate_IsObservedWithoutThePeer([ValueSource(nameof(Versions))] string protocol) => Run(async scene =>
    {
        var session = await ConnectAsync(scene, protocol);
        var seen = new List<RateEstimate>();
        var isOver = false;
        using var observing = session.SendRates().Subscribe(seen.Add, () => isOver = true);
        await scene.PauseAsync(15);
        Assert.That(seen, Is.EqualTo(Enumerable.Repeat(new RateEstimate(Bandwidth, TimeSpan.FromMilliseconds(20)), 2)));
        Assert.That(Probes(session), Is.Zero);
        session.Close();
        await scene.PauseAsync(1);
        Assert.That(isOver, Is.True);
    });

    /// <summary>A peer that dials again has another session, whose estimates are observed there.</summary>
    [Test]
    public void SessionThatAnotherOneReplaces_HasNoMoreEstimates([ValueSource(nameof(Versions))] string protocol) => Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", new MoqOptions { Protocols = [protocol] }), scene.AddRaw("bob"));
        await using var first = MoqSession.Connect(await bob.ConnectAsync(alice.Address, [protocol]), scene.Options);
        await scene.PauseAsync(0.2);
        var session = await alice.OpenSessionAsync();
        var (seen, ends) = (new List<RateEstimate>(), new List<string>());
        using var receiving = session.ReceiveRates().Subscribe(seen.Add, () => ends.Add("receive"));
        using var sending = session.SendRates().Subscribe(static _ => { }, () => ends.Add("send"));
        await scene.PauseAsync(1);
        Assert.That((seen.Count, ends.Count), Is.EqualTo((1, 0)));
        await using var second = MoqSession.Connect(await bob.ConnectAsync(alice.Address, [protocol]), scene.Options);
        await session.Closed;
        await scene.PauseAsync(0.11);
        Assert.That(ends, Is.EquivalentTo(["receive", "send"]), "The former connection is open for a second.");
        await scene.PauseAsync(30);
        Assert.That(seen, Has.Count.EqualTo(1), "no estimate of the next session");
    });

    [Test]
    public void PeerThatHasNoEstimate_IsNotAsked([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        RunWithHand(protocol, ProbeLevel.None, static async (scene, session, peer, _) =>
        {
            var asked = peer.AcceptBidiAsync().AsTask();
            using var observing = session.ReceiveRates().Subscribe(static _ => Assert.Fail());
            await scene.PauseAsync(5);
            Assert.That(asked.IsCompleted, Is.False);
        });

    [Test]
    public void PeerThatRefusesOrBreaksOff_HasNoEstimate_AndKeepsTheSession(
        [Values("moq-lite-05", "moq-lite-06")] string protocol, [Values("reset", "finish", "half", "unknown")] string how) =>
        RunWithHand(protocol, ProbeLevel.Report, async (scene, session, peer, version) =>
        {
            var seen = new List<RateEstimate>();
            var isOver = false;
            using (session.ReceiveRates().Subscribe(seen.Add, () => isOver = true))
            {
                var stream = await peer.AcceptBidiAsync();
                await scene.PauseAsync(0.1);
                switch (how)
                {
                    case "reset":
                        stream.Refuse(MoqErrorCode.Unsupported, version);
                        break;
                    case "finish":
                        stream.Send.Finish();
                        break;
                    case "half":
                        await stream.Send.WriteAsync(new byte[] { 2, 0x40 });
                        stream.Send.Finish();
                        break;
                    default:
                        await stream.Send.WriteAsync(new Probe(null, null), version);
                        break;
                }

                await scene.PauseAsync(5);
                Assert.That((seen.Count, isOver, session.Closed.IsCompleted), Is.EqualTo((0, false, false)));
            }

            await scene.PauseAsync(1);
            Assert.That(session.Closed.IsCompleted, Is.False);
        });

    /// <summary>The peer asks; it sends targets, which are ignored, and ends its side.</summary>
    [Test]
    public void PeerThatAsks_GetsReports_UntilItEndsItsSide([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        RunWithHand(protocol, ProbeLevel.None, static async (scene, _, peer, version) =>
        {
            var stream = await peer.OpenBidiAsync();
            await stream.Send.WriteAsync(new[] { (byte)BidiStreamType.Probe });
            using var reader = new MessageReader(stream.Receive, version);
            Assert.That(await reader.ReadAsync<Probe>(), Is.EqualTo(new Probe(8 * Bandwidth, 20)));
            await stream.Send.WriteAsync(new Probe(123), version);
            Assert.That(await reader.ReadAsync<Probe>(), Is.EqualTo(new Probe(8 * Bandwidth, 20)));
            Assert.That(scene.Seconds, Is.EqualTo(10).Within(1));
            stream.Send.Finish();
            Assert.That(await reader.ReadAsync<Probe>(), Is.Null);
        });

    /// <summary>A transport that measures nothing: the stream is refused in moq-lite-06, and silent before.</summary>
    [Test]
    public void TransportWithoutMeasurements_HasNothingToReport([ValueSource(nameof(Versions))] string protocol) => Run(async scene =>
    {
        var endpoint = scene.AddRaw("alice");
        await using var alice = Moq.Serve(new LateEndpoint(endpoint));
        var peer = await scene.AddRaw("bob").ConnectAsync(endpoint.Address, [protocol]);
        if (MoqVersions.TryFromAlpn(protocol, out var version) && version.HasSetup)
        {
            var setup = await peer.OpenUniAsync();
            await setup.WriteOpeningAsync(default(Setup), version);
            setup.Finish();
        }

        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteAsync(new[] { (byte)BidiStreamType.Probe });
        var reading = stream.Receive.ReadAsync(new byte[10]).AsTask();
        await scene.PauseAsync(15);
        Assert.That(reading.IsCompleted, Is.EqualTo(protocol == "moq-lite-06"));
        if (protocol == "moq-lite-06")
            await Failure.OfAsync<TransportStreamException>(async () => await reading);
        else
            stream.Send.Finish();
        peer.Close(0, "");
    });

    /// <summary>Returns the number of PROBE streams that a session has open, or that were not closed by both sides.</summary>
    private static int Probes(MoqSession session) => session.Shared.Connections.Preferred.Probe.IsOpen ? 1 : 0;

    private static async Task<MoqSession> ConnectAsync(Scene scene, string protocol)
    {
        var offered = new MoqOptions { Protocols = [protocol] };
        return await scene.Add("bob", offered).ConnectAsync(scene.Add("alice", offered));
    }

    private static void Run(Func<Scene, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Scene.Latency), Bandwidth = Bandwidth }, body);

    private static void RunWithHand(
        string protocol, ProbeLevel level, Func<Scene, MoqSession, ITransportConnection, MoqVersion, Task> body) => Run(async scene =>
    {
        _ = MoqVersions.TryFromAlpn(protocol, out var version);
        var raw = scene.AddRaw("hand", protocol);
        var bob = scene.Add("bob");
        var connecting = bob.Moq.ConnectAsync(raw.Address);
        var peer = await raw.AcceptAsync();
        var setup = await peer.OpenUniAsync();
        await setup.WriteOpeningAsync(new Setup(level), version);
        setup.Finish();
        var announces = await peer.AcceptBidiAsync();
        await announces.Send.WriteAsync(new AnnounceOk(9, 0), version);
        await body(scene, await connecting, peer, version);
        peer.Close(0, "");
    });
}
