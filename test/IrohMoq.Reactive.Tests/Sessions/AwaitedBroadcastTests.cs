using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>Checks what a peer may do on the stream of a subscription that waits for a broadcast which is provided on demand.</summary>
public sealed class AwaitedBroadcastTests
{
    public static readonly object[] Versions = [.. MoqVersions.Known.Cast<object>()];

    [Test]
    public void PeerThatLeaves_WithdrawsTheRequest([ValueSource(nameof(Versions))] object boxed, [Values] bool updates) => HandPeer.Run(
        (MoqVersion)boxed,
        async peer =>
        {
            using var requests = peer.Origin.OpenBroadcastRequests("a");
            var terms = new DeliveryTerms(MaxLatency: 1000);
            var subscription = await peer.SubscribeAsync(terms, broadcast: "a/gone");
            if (updates)
                await subscription.Send!.WriteUpdateAsync(terms with { Priority = 3 }, peer.Version);
            await peer.PauseAsync(1);
            Assert.That(subscription.End, Is.Null);
            subscription.Send!.Finish();
            await peer.PauseAsync(0.1);
            Assert.That(subscription.End, Is.EqualTo("fin"), "this side ends its direction as well");
            await peer.SubscribeAsync(terms, id: 1, broadcast: "a/next");
            await foreach (var request in requests.ReadAllAsync())
            {
                Assert.That(request.Path, Is.EqualTo(new BroadcastPath("a/next")), "the first one was withdrawn");
                break;
            }
        },
        isServer: true);

    [Test]
    public void UpdateBeforeTheBroadcast_Applies([ValueSource(nameof(Versions))] object boxed) => HandPeer.Run(
        (MoqVersion)boxed,
        static async peer =>
        {
            using var requests = peer.Origin.OpenBroadcastRequests("a");
            var terms = new DeliveryTerms(MaxLatency: 100_000, StartGroup: 4, EndGroup: 5);
            var subscription = await peer.SubscribeAsync(terms, broadcast: "a/b");
            await subscription.Send!.WriteUpdateAsync(terms with { StartGroup = 1, EndGroup = 2 }, peer.Version);
            await peer.PauseAsync(0.1);
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t");
            for (var i = 0; i < 7; i++)
                track.AppendGroup().Finish();
            await foreach (var request in requests.ReadAllAsync())
            {
                request.Accept(broadcast);
                break;
            }

            await peer.PauseAsync(1);
            Assert.That(peer.Groups.Select(static group => group.Sequence).Order(), Is.EqualTo(new[] { 1UL, 2UL }));
            if (peer.Version.HasTrackInfo)
                Assert.That(subscription.Start(peer.Version), Is.EqualTo(1));
        },
        isServer: true);
}
