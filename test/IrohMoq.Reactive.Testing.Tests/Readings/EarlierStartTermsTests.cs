using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What a publisher is asked for when readers with several starts come and go, and what happens if it does not do it.</summary>
public sealed class EarlierStartTermsTests
{
    private const ulong First = 100;

    [Test]
    public void Update_AsksForTheEarliestStart_AndForTheFirstOneWhenThatReaderLeaves() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            var track = remote.Track("t");
            using var live = track.Open();
            var first = live.ReadGroupAsync();
            await scene.PauseAsync(1);
            using var later = track.Open(new SubscribeOptions { Start = GroupStart.From(First + 5) });
            using (track.Open(new SubscribeOptions { Start = GroupStart.From(50) }))
            {
                await scene.PauseAsync(1);
                using var middle = track.Open(new SubscribeOptions { Start = GroupStart.From(70) });
                using (track.Open(new SubscribeOptions { Start = GroupStart.From(20) }))
                    await scene.PauseAsync(1);
                await scene.PauseAsync(1);
            }

            await scene.PauseAsync(1);
            Assert.That((await first)?.Sequence, Is.EqualTo(First));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: First));
            await scene.PauseAsync(6);
            Assert.That(subscription.Asked.StartGroup, Is.Null);
            Assert.That(subscription.Updates.Select(static terms => terms.StartGroup), Is.EqualTo(new ulong?[] { 50, 20, 50, First }));
            await subscription.SendAsync(First);
        });

    /// <summary>The publisher ignores the start in an update, and reports nothing.</summary>
    [Test]
    public void PublisherThatSendsNothingEarlier_IsNotWaitedForLong([Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) =>
        HandPublisher.Run(
            async (scene, remote) =>
            {
                var track = remote.Track("t");
                using var live = track.Open();
                Assert.That((await live.ReadGroupAsync())?.Sequence, Is.EqualTo(First));
                await scene.PauseAsync(1);
                var asked = scene.Seconds;
                using var early = track.Open(new SubscribeOptions { Start = GroupStart.Oldest, Order = order });
                Assert.That((await early.ReadGroupAsync())?.Sequence, Is.EqualTo(First));
                Assert.That(scene.Seconds - asked, Is.LessThan(0.3));
                Assert.That((await early.ReadGroupAsync())?.Sequence, Is.EqualTo(First + 1));
                Assert.That((await live.ReadGroupAsync())?.Sequence, Is.EqualTo(First + 1));
                await scene.PauseAsync(5);
                Assert.That((live.Skipped, early.Skipped), Is.EqualTo((0, 0)));
            },
            static async (scene, subscription) =>
            {
                await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: First));
                await subscription.SendAsync(First);
                await scene.PauseAsync(3);
                await subscription.SendAsync(First + 1);
                Assert.That(subscription.Updates.Select(static terms => terms.StartGroup), Is.EqualTo(new ulong?[] { 0 }));
            });

    /// <summary>
    /// Earlier groups that come in any order, and slowly: a reader in sequence order waits for them while they come. One of them is
    /// dropped, and one is lost without a word; both are counted for the reader that wants them, and for no other.
    /// </summary>
    [Test]
    public void EarlierGroupsOfAnotherPublisher_AreSorted_AndThoseThatAreLostAreCounted(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => HandPublisher.Run(
        async (scene, remote) =>
        {
            var track = remote.Track("t");
            using var live = track.Open();
            Assert.That((await live.ReadGroupAsync())?.Sequence, Is.EqualTo(First));
            await scene.PauseAsync(1);
            using var early = track.Open(new SubscribeOptions { Start = GroupStart.From(90), Order = order });
            var seen = new List<ulong>();
            while (seen.Count < 8)
                seen.Add((await early.ReadGroupAsync())!.Sequence);
            ulong[] sent = [96, 97, 99, 93, 98, 92, 91, First];
            Assert.That(seen, order == GroupOrder.Sequence ? Is.EqualTo(sent.Order()) : Is.EquivalentTo(sent));
            await scene.PauseAsync(3);
            Assert.That((live.Skipped, early.Skipped), Is.EqualTo((0, 2)));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: First));
            await subscription.SendAsync(First);
            while (subscription.Updates.Count == 0)
                await scene.PauseAsync(0.1);
            await subscription.DropAsync(94, 94, MoqErrorCode.Evicted);
            // 95 is lost.
            foreach (var sequence in new ulong[] { 96, 97, 99, 93, 98, 92, 91 })
            {
                await subscription.SendAsync(sequence);
                await scene.PauseAsync(0.2);
            }

            await scene.PauseAsync(10);
        });
}
