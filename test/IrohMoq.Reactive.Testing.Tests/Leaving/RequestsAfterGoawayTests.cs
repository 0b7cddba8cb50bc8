using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Leaving;

/// <summary>
/// After a GOAWAY of the peer this side opens no stream of a request, whatever it asks for, while what is carried keeps the connection.
/// </summary>
public sealed class RequestsAfterGoawayTests
{
    private static readonly string[] Versions = ["moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void EstimatesOfThePeer_AreNotAskedFor([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, session, peer, _) =>
        {
            await GoAwayAsync(scene, peer);
            var asked = peer.AcceptBidiAsync().AsTask();
            var isOver = false;
            using var observing = session.ReceiveRates().Subscribe(static _ => Assert.Fail(), () => isOver = true);
            await scene.PauseAsync(5);
            Assert.That((asked.IsCompleted, peer.Closed.IsCompleted, isOver), Is.EqualTo((false, false, false)));
        });

    [Test]
    public void AnnouncementsThatThePeerResets_AreNotRequestedAgain([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, _, peer, announce) =>
        {
            await GoAwayAsync(scene, peer);
            var asked = peer.AcceptBidiAsync().AsTask();
            announce.Send.Reset(0);
            await scene.PauseAsync(5);
            Assert.That((asked.IsCompleted, peer.Closed.IsCompleted), Is.EqualTo((false, false)));
        });

    /// <summary>The peer allows one stream, which is that of the announcements until it ends them.</summary>
    [Test]
    public void RequestThatWaitsForAStream_IsGivenUp([ValueSource(nameof(Versions))] string version) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { MaxBidiStreams = 1 },
        async scene =>
        {
            var (session, peer, announce) = await OpenAsync(scene, version);
            _ = MoqVersions.TryFromAlpn(version, out var spoken);
            if (spoken.HasRoutes)
                await announce.Send.WriteAsync(new AnnounceStart("x"), spoken);
            else
                await announce.Send.WriteAsync(new Announce(true, "x"), spoken);
            var reading = Scene.HearAsync(await session.SubscribeAsync("x"));
            await scene.PauseAsync(1);
            await SendGoawayAsync(peer);
            await scene.PauseAsync(1);
            var asked = peer.AcceptBidiAsync().AsTask();
            announce.Send.Finish();
            announce.Receive.Stop(0);
            await scene.PauseAsync(3);
            // Nothing is carried any more, so that this side has left.
            await Failure.OfAsync<TransportClosedException>(async () => await asked);
            Assert.That((await peer.Closed).Code, Is.Zero);
            await Failure.OfAsync<MoqException>(async () => await reading);
        });

    private static void Run(string version, Func<Scene, MoqSession, ITransportConnection, BidiStream, Task> body) =>
        Scene.Run(async scene =>
        {
            var (session, peer, announce) = await OpenAsync(scene, version);
            // The beginning of a subscription of the peer keeps the connection for ten seconds.
            var carried = await peer.OpenBidiAsync();
            await carried.Send.WriteAsync(new[] { (byte)BidiStreamType.Subscribe });
            await body(scene, session, peer, announce);
            peer.Close(0, "");
        });

    /// <summary>Opens a session with a peer that speaks by hand.</summary>
    private static async Task<(MoqSession Session, ITransportConnection Peer, BidiStream Announce)> OpenAsync(Scene scene, string version)
    {
        _ = MoqVersions.TryFromAlpn(version, out var spoken);
        var raw = scene.AddRaw("hand", version);
        var dialing = scene.Add("bob").Moq.ConnectAsync(raw.Address);
        var peer = await raw.AcceptAsync();
        if (spoken.HasSetup)
        {
            var setup = await peer.OpenUniAsync();
            await setup.WriteOpeningAsync(new Setup(ProbeLevel.Report, Hop: 7), spoken);
            setup.Finish();
        }

        var announce = await peer.AcceptBidiAsync();
        if (spoken.HasSetup)
            await announce.Send.WriteAsync(new AnnounceOk(7, 0), spoken);
        var session = await dialing;
        await scene.PauseAsync(0.1);
        return (session, peer, announce);
    }

    private static async Task GoAwayAsync(Scene scene, ITransportConnection peer)
    {
        await scene.PauseAsync(0.1);
        await SendGoawayAsync(peer);
        await scene.PauseAsync(0.1);
    }

    /// <summary>Names another server, which is not dialed, so that the session stays on the connection.</summary>
    private static async Task SendGoawayAsync(ITransportConnection peer)
    {
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(new Goaway("https://example.invalid/"), MoqVersion.Lite06);
        stream.Send.Finish();
    }
}
