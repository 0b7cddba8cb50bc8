using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Checks the subscription with which a reader of the newest group does not wait for the group that another reader waits for: when it is
/// made, and when it takes the place of the first one. The publisher tells as little as its version allows.
/// </summary>
public sealed class NewestSubscriptionTests
{
    private static readonly object[] Versions = [.. MoqVersions.Known];

    [Test]
    public void GroupThatDoesNotExist_IsNotWaitedFor([ValueSource(nameof(Versions))] object boxed, [Values] bool isAnsweredFirst) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var ahead = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(52) });
            var newest = peer.ReadAsync();
            var first = await SubscribedAsync(peer, 0);
            await peer.PauseAsync(0.2);
            Assert.That(peer.Subscriptions.Count(), Is.EqualTo(1), "a group may take 250 ms to arrive");
            await peer.PauseAsync(0.1);
            var second = peer.Subscriptions.ElementAt(1);
            Assert.That(second.Asked(peer.Version).StartGroup, Is.EqualTo(peer.Version.HasRoutes ? 0UL : null), "the newest group");
            if (isAnsweredFirst)
                await second.AnswerAsync(50, peer.Version);
            await peer.PauseAsync(1);
            Assert.That(first.End, Is.Null, "a publisher that has no group yet may begin with either");
            await peer.SendGroupAsync(1, 50);
            await peer.PauseAsync(0.1);
            Assert.That((first.End, second.End), Is.EqualTo(("fin", (string?)null)));
            if (!isAnsweredFirst)
                await second.AnswerAsync(50, peer.Version);
            await peer.SendGroupAsync(1, 51);
            await peer.SendGroupAsync(1, 52);
            await EndAsync(peer, second, 53);
            Assert.That((await newest, await ahead), Is.EqualTo(("50:0 51:0 52:0 end", "52:0 end")));
            Assert.That(peer.Subscriptions.Count(), Is.EqualTo(2));
        });

    [Test]
    public void GroupThatComes_NeedsNoSecondSubscription([ValueSource(nameof(Versions))] object boxed) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var ahead = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(52) });
            var newest = peer.ReadAsync();
            var first = await SubscribedAsync(peer, 0);
            await peer.SendGroupAsync(0, 52);
            await peer.PauseAsync(3);
            await first.AnswerAsync(52, peer.Version);
            await EndAsync(peer, first, 53);
            Assert.That((await newest, await ahead), Is.EqualTo(("52:0 end", "52:0 end")));
            Assert.That(peer.Subscriptions.Count(), Is.EqualTo(1));
        });

    /// <summary>A group exists and is late: the second subscription shows it by a newer group, is refused, or shows nothing.</summary>
    [Test]
    public void GroupThatIsLate_ComesOnTheFirstSubscription(
        [ValueSource(nameof(Versions))] object boxed, [Values("a newer group", "a refusal", "nothing")] string shown) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var ahead = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(52) });
            var newest = peer.ReadAsync();
            var first = await SubscribedAsync(peer, 0);
            var second = await peer.SubscribedAsync(1);
            if (shown == "a newer group")
                await peer.SendGroupAsync(1, 53);
            else if (shown == "a refusal")
                second.Send!.Reset(MoqErrorCode.NoCapacity, peer.Version);
            await peer.PauseAsync(2);
            Assert.That(first.End, Is.Null);
            await peer.SendGroupAsync(0, 52);
            await peer.SendGroupAsync(0, 53);
            await peer.PauseAsync(0.1);
            Assert.That((first.End, second.End), Is.EqualTo(((string?)null, shown == "a refusal" ? second.End : "fin")));
            Assert.That(second.End, Is.Not.Null);
            await first.AnswerAsync(52, peer.Version);
            await EndAsync(peer, first, 54);
            Assert.That((await newest, await ahead), Is.EqualTo(("52:0 53:0 end", "52:0 53:0 end")));
            Assert.That(peer.Subscriptions.Count(), Is.EqualTo(2), "it is not tried again");
        });

    /// <summary>With the reader of the newest group, the reason for the second subscription goes away.</summary>
    [Test]
    public void SecondSubscription_EndsWithItsReader([ValueSource(nameof(Versions))] object boxed) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            await using var remote = await peer.Session.SubscribeAsync(HandPeer.Broadcast);
            using var ahead = remote.Track("t").Open(new SubscribeOptions { Start = GroupStart.From(52) });
            var newest = remote.Track("t").Open();
            var first = await SubscribedAsync(peer, 0);
            var second = await peer.SubscribedAsync(1);
            newest.Dispose();
            await peer.PauseAsync(0.1);
            Assert.That((first.End, second.End), Is.EqualTo(((string?)null, "fin")));
            ahead.Dispose();
            await peer.PauseAsync(0.1);
            Assert.That(first.End, Is.EqualTo("fin"));
        });

    /// <summary>Returns a subscription, which the publisher has to answer before it sends groups only up to moq-lite-04.</summary>
    private static async Task<HandStream> SubscribedAsync(HandPeer peer, int number)
    {
        var subscription = await peer.SubscribedAsync(number);
        if (!peer.Version.HasTrackInfo)
            await subscription.AnswerAsync(52, peer.Version);
        return subscription;
    }

    private static async Task EndAsync(HandPeer peer, HandStream subscription, ulong end)
    {
        await peer.PauseAsync(0.1);
        if (peer.Version.HasTrackInfo)
            await subscription.EndAsync(end, peer.Version);
        subscription.Send!.Finish();
    }
}
