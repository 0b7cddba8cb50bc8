using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>Checks that a SETUP may be as long as every other message.</summary>
public sealed class SetupSizeTests
{
    [Test]
    public void LongSetup_IsAccepted(
        [Values(MoqVersion.Lite05, MoqVersion.Lite06)] object boxed, [Values(20_000, 65_000)] int bytes, [Values] bool isServer)
    {
        // One parameter that nobody knows. A number of four bytes begins with the bits 10.
        var body = $"013f{0x80000000 | (uint)bytes:x8}" + new string('0', 2 * bytes);
        HandPeer.Run(
            (MoqVersion)boxed,
            static async peer =>
            {
                await peer.PauseAsync(1);
                Assert.That(peer.Session.Closed.IsCompleted, Is.False);
                var reading = peer.ReadAsync();
                var subscription = await peer.SubscribedAsync();
                Assert.That(subscription.End, Is.Null);
                peer.Session.Close();
                await reading;
            },
            isServer,
            setup: $"01{0x80000000 | (uint)(body.Length / 2):x8}{body}");
    }

    [Test]
    public void SetupBeyondTheLimit_ClosesTheSession() => HandPeer.Run(
        MoqVersion.Lite06,
        static async peer =>
        {
            await peer.PauseAsync(1);
            Assert.That(peer.Session.Closed.IsCompleted, Is.True);
            Assert.That((await peer.Connection.Closed).Code, Is.EqualTo(3));
        },
        setup: "01" + $"{0x80000000 | (uint)(WireLimits.MaxMessageSize + 1):x8}");
}
