using IrohMoq.Reactive.Testing.Tests.Faults;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Requests;

/// <summary>
/// A peer whose SETUP does not come, or comes late, at a side that nothing else holds back: one that dials, and one that is dialed.
/// </summary>
public sealed class SetupLimitTests
{
    private static readonly string[] Versions = ["moq-lite-05", "moq-lite-06"];

    [Test]
    public void PeerWithoutSetup_IsLeftAfterTenSeconds(
        [ValueSource(nameof(Versions))] string version, [Values] bool isDialed, [Values] bool isHalf) =>
        Run(version, isDialed, async (scene, alice, peer, log) =>
        {
            var began = scene.Seconds;
            await scene.PauseAsync(0.02);
            var session = await alice.OpenSessionAsync();
            var waiting = session.WaitForRequestAsync();
            var reading = session.SubscribeAsync("x");
            if (isHalf)
                await (await peer.OpenUniAsync()).WriteAsync(new byte[] { (byte)UniStreamType.Setup, 5, 1 });
            await scene.PauseAsync(9.9);
            Assert.That((session.Closed.IsCompleted, peer.Closed.IsCompleted), Is.EqualTo((false, false)));
            var closed = await session.Closed;
            Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.03));
            Assert.That(
                (closed.Cause, closed.Code, closed.Reason, closed.IsRemote),
                Is.EqualTo((SessionEndCause.Closed, MoqErrorCode.Timeout, "no SETUP within 00:00:10", false)));
            Assert.That((await peer.Closed).Code, Is.EqualTo(version == "moq-lite-06" ? 0x11 : 3));
            var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await reading);
            Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.Timeout, false)));
            if (isDialed)
                await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
            Assert.That(
                log.Of("Closed").Select(static entry => (entry["Code"], entry["Reason"])),
                Is.EqualTo(new (object?, object?)[] { (MoqErrorCode.Timeout, "no SETUP within 00:00:10") }));
            Assert.That(log.Of("SessionFailed"), Is.Empty);
        });

    [Test]
    public void PeerThatIsSlow_StaysWhenItsSetupComesInTime([ValueSource(nameof(Versions))] string version, [Values] bool isDialed) =>
        Run(version, isDialed, static async (scene, alice, peer, _) =>
        {
            var stream = await peer.OpenUniAsync();
            await stream.WriteAsync(new byte[] { (byte)UniStreamType.Setup });
            await scene.PauseAsync(5);
            await stream.WriteAsync(new byte[] { 1 });
            await scene.PauseAsync(4.9);
            await stream.WriteAsync(new byte[] { 0 });
            await scene.PauseAsync(25);
            Assert.That((peer.Closed.IsCompleted, alice.Closures.Count), Is.EqualTo((false, 0)));
        });

    /// <summary>Runs a test with a peer that speaks by hand, at a side that is dialed or dials.</summary>
    private static void Run(string version, bool isDialed, Func<Scene, Player, ITransportConnection, LogRecorder, Task> body) =>
        Scene.Run(async scene =>
        {
            using var log = new LogRecorder();
            var alice = scene.Add("alice", new MoqOptions { LoggerFactory = log });
            var hand = scene.AddRaw("hand", version);
            var dialing = isDialed ? null : alice.Moq.ConnectAsync(hand.Address);
            var peer = isDialed ? await hand.ConnectAsync(alice.Address, [version]) : await hand.AcceptAsync();
            if (dialing is not null)
                await dialing;
            await body(scene, alice, peer, log);
        });
}
