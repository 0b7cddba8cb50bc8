using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Manager;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// The peer grants one stream besides that of its announcements. A reading takes it for TRACK, which is not answered, so that SUBSCRIBE
/// cannot be sent.
/// </summary>
[NonParallelizable]
public sealed class UnopenedSubscriptionTests
{
    private static readonly string[] Versions = ["moq-lite-05", "moq-lite-06"];

    [Test]
    public void NoFurtherStream_FailsTheReading_AndEndsTheRequest([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, peer, _, reading) =>
        {
            var asked = await AskedAsync(peer);
            var began = scene.Seconds;
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await reading);
            Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.BoundsExceeded, false)));
            Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
            await AssertEndedAsync(scene, asked);
        });

    [Test]
    public void Goaway_EndsTheRequestAtOnce([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, peer, spoken, reading) =>
        {
            var asked = await AskedAsync(peer);
            await scene.PauseAsync(1);
            var goaway = await peer.OpenBidiAsync();
            await goaway.Send.WriteOpeningAsync(new Goaway("https://example.invalid/"), spoken);
            goaway.Send.Finish();
            await AssertEndedAsync(scene, asked);
            Assert.That((await Failure.OfAsync<MoqException>(async () => await reading)).Code, Is.EqualTo(MoqErrorCode.GoingAway));
        });

    [Test]
    public void End_OfTheConnection_FailsTheReading([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, peer, _, reading) =>
        {
            await AskedAsync(peer);
            await scene.PauseAsync(1);
            peer.Close(0, "");
            await Failure.OfAsync<MoqSessionClosedException>(async () => await reading);
        });

    private static void Run(string version, Func<Scene, ITransportConnection, MoqVersion, Task, Task> body)
    {
        using var unobserved = new UnobservedFailures();
        Scene.Run(
            static time => new InMemoryNetwork(time, seed: 7) { MaxBidiStreams = 2 },
            async scene =>
            {
                _ = MoqVersions.TryFromAlpn(version, out var spoken);
                var raw = scene.AddRaw("hand", version);
                var connecting = scene.Add("bob").Moq.ConnectAsync(raw.Address);
                var peer = await raw.AcceptAsync();
                var setup = await peer.OpenUniAsync();
                await setup.WriteOpeningAsync(new Setup(Hop: 7), spoken);
                setup.Finish();
                var announce = await peer.AcceptBidiAsync();
                await announce.Send.WriteAsync(new AnnounceOk(7, 1), spoken);
                if (spoken.HasRoutes)
                    await announce.Send.WriteAsync(new AnnounceStart("x"), spoken);
                else
                    await announce.Send.WriteAsync(new Announce(true, "x"), spoken);
                var session = await connecting;
                await body(scene, peer, spoken, Scene.HearAsync(await session.SubscribeAsync("x"), "unopened"));
                await scene.PauseAsync(30);
                session.Close();
            });
        Assert.That(unobserved.Collected().Where(static failure => failure.Contains("unopened", StringComparison.Ordinal)), Is.Empty);
    }

    private static async Task<BidiStream> AskedAsync(ITransportConnection peer)
    {
        var stream = await peer.AcceptBidiAsync();
        var type = new byte[1];
        await stream.Receive.ReadAsync(type);
        Assert.That(type[0], Is.EqualTo((byte)BidiStreamType.Track));
        return stream;
    }

    /// <summary>Both directions of a stream are ended soon.</summary>
    private static async Task AssertEndedAsync(Scene scene, BidiStream stream)
    {
        await scene.PauseAsync(0.1);
        Assert.That(stream.Send.Closed.IsCompleted, Is.True);
        Assert.That((await stream.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        await Failure.OfAsync<TransportStreamException>(async () =>
        {
            var rest = new byte[100];
            while (await stream.Receive.ReadAsync(rest) > 0)
            {
                // The request itself.
            }
        });
    }
}
