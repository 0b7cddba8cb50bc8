using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>ANNOUNCE streams of a peer that resets them, opens too many, or says nothing on them.</summary>
public sealed class AnnounceStreamTests
{
    private static readonly byte[] Everything = Convert.FromHexString("010100");
    private static readonly byte[] X = Convert.FromHexString("0401017800");

    [Test]
    public void PeerThatResetsItsAnnouncements_IsAskedOnceMore() => RunAsync(static async (scene, alice, peer, session) =>
    {
        var first = await peer.AcceptBidiAsync();
        await first.Send.WriteAsync(X);
        var old = await session.SubscribeAsync("x");
        first.Send.Reset(StreamCodes.ToWire(MoqErrorCode.FromApplication(3).Value));
        var end = await old.Closed;
        Assert.That((end.Cause, end.Code), Is.EqualTo((BroadcastEndCause.Withdrawn, MoqErrorCode.FromApplication(3))));

        var second = await peer.AcceptBidiAsync();
        await second.Send.WriteAsync(X);
        await session.SubscribeAsync("x");
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void PeerThatResetsThemAgain_IsClosedWithAReason() => RunAsync(static async (scene, alice, peer, session) =>
    {
        var waiting = session.SubscribeAsync("x");
        for (var i = 0; i < 2; i++)
            (await peer.AcceptBidiAsync()).Send.Reset(0);
        await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        var closed = await session.Closed;
        Assert.That(
            (closed.Code, closed.Reason, closed.IsRemote),
            Is.EqualTo((MoqErrorCode.ProtocolViolation, "the announcements were reset twice", false)));
    });

    [Test]
    public void PeerThatEndsThemWell_Stays() => RunAsync(static async (scene, alice, peer, session) =>
    {
        var stream = await peer.AcceptBidiAsync();
        stream.Send.Finish();
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void StreamsBeyondTheLimit_AreResetWithElevenAndTheOthersServed() => RunAsync(static async (scene, alice, peer, session) =>
    {
        using var broadcast = scene.Saying("hello");
        using var live = alice.Publish("x", broadcast);
        var streams = new List<BidiStream>();
        for (var i = 0; i <= SessionLimits.Default.AnnounceStreams; i++)
        {
            streams.Add(await peer.OpenBidiAsync());
            await streams[i].Send.WriteAsync(Everything);
            await scene.PauseAsync(0.1);
        }

        var buffer = new byte[64];
        Assert.That(await streams[0].Receive.ReadAsync(buffer), Is.GreaterThan(0));
        var refused = await Failure.OfAsync<TransportStreamException>(async () => await streams[^1].Receive.ReadAsync(buffer));
        Assert.That(StreamCodes.FromWire(refused.Code), Is.EqualTo(MoqErrorCode.BoundsExceeded.Value));

        // A stream that ends makes room for another.
        streams[0].Send.Finish();
        await scene.PauseAsync(0.1);
        var again = await peer.OpenBidiAsync();
        await again.Send.WriteAsync(Everything);
        Assert.That(await again.Receive.ReadAsync(buffer), Is.GreaterThan(0));
    });

    [Test]
    public void StreamThatDoesNotSayWhatItAsksFor_IsResetInTime() => RunAsync(static async (scene, alice, peer, session) =>
    {
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteAsync(Everything.AsMemory(0, 1));
        var began = scene.Seconds;
        await Failure.OfAsync<TransportStreamException>(async () => await stream.Receive.ReadAsync(new byte[8]));
        Assert.That(scene.Seconds - began, Is.EqualTo(10).Within(0.1));
    });

    /// <summary>Runs a test with a manager and a raw connection of a peer that has a session with it.</summary>
    private static void RunAsync(Func<Scene, Moq, ITransportConnection, MoqSession, Task> body) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await scene.PauseAsync(0.1);
        await body(scene, alice.Moq, peer, await alice.Moq.ConnectAsync(bob.Address));
    });
}
