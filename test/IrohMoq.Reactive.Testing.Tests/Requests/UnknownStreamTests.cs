using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Requests;

/// <summary>Streams of a type that the version does not have, such as those of later versions.</summary>
public sealed class UnknownStreamTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void StreamOfAnUnknownType_IsRefused_AndTheSessionStays(
        [ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        _ = MoqVersions.TryFromAlpn(version, out var spoken);
        var alice = scene.Add("alice");
        var peer = await scene.AddRaw("peer").ConnectAsync(alice.Address, [version]);
        if (spoken.HasSetup)
        {
            var setup = await peer.OpenUniAsync();
            await setup.WriteOpeningAsync(default(Setup), spoken);
            setup.Finish();
        }

        foreach (var type in new byte[] { 7, 63 })
        {
            var request = await peer.OpenBidiAsync();
            await request.Send.WriteAsync(new[] { type });
            var refusal = await Failure.OfAsync<TransportStreamException>(async () => await request.Receive.ReadAsync(new byte[8]));
            Assert.That(refusal.ProtocolCode(spoken), Is.EqualTo(MoqErrorCode.Cancel), $"type {type}");
            Assert.That((await request.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
            var group = await peer.OpenUniAsync();
            await group.WriteAsync(new[] { type });
            Assert.That((await group.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
        }

        await scene.PauseAsync(1);
        Assert.That((peer.Closed.IsCompleted, alice.Closures.Count), Is.EqualTo((false, 0)));
    });
}
