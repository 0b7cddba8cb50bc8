using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Every group of a lossless track arrives over the network, in any order of numbers, and a lost group fails the reading.
/// </summary>
public sealed class LosslessReadingTests
{
    private static readonly TrackOptions Lossless = new() { Lossless = true };

    /// <summary>The number of groups of 1 MiB each, which are more than the share of a subscription.</summary>
    private const ulong LateAnswerGroups = 20;

    [Test]
    public void NumbersWithGapsBeyondAnyWindow_AllArrive_AndTheTrackEndsWell(
        [Values(20, 300)] int groups) => Reading.Run(Lossless, async reading =>
    {
        var result = reading.ReadAsync(reading.Remote);
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < groups; i++)
        {
            reading.Put((ulong)i * 1_000_000, 1000);
            await reading.PauseAsync(0.02);
        }

        reading.Track.Finish();
        await reading.PauseAsync(30);
        Assert.That(result.IsCompleted, Is.True, "no standstill");
        Assert.That(await result, Is.EqualTo(Enumerable.Range(0, groups).Select(static i => $"{i * 1_000_000L}").Append("end")));
    });

    [Test]
    public void NumbersInAnyOrder_AllArrive_ThoughControlMessagesOvertakeTheGroups([Values] bool lossless) => Reading.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Tests.Scene.Latency),
            TracesArrivals = false,
            Bandwidth = 1 << 20,
            ConnectionWindow = 256 << 10,
        },
        Lossless with { Lossless = lossless },
        static async reading =>
        {
            var result = reading.ReadAsync(reading.Remote);
            await reading.Track.WaitForSubscriberAsync();
            reading.Put(0);
            await reading.PauseAsync(0.2);
            reading.Put(2, 500_000);
            reading.Put(1);
            await reading.PauseAsync(5);
            reading.Track.Finish();
            Assert.That(await result, Is.EquivalentTo(Reading.Numbers(3).Append("end")));
        });

    [Test]
    public void MoreGapsThanAreKept_AreNoLoss_HoweverFarTheReaderIsBehind(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Reading.Run(Lossless, async reading =>
    {
        const int Groups = 400;
        var result = reading.ReadAsync(reading.Remote, new SubscribeOptions { Order = order }, pause: 0.02);
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < Groups; i++)
            reading.Put((ulong)i * 1_000_000, 1000);
        reading.Track.Finish();
        Assert.That(await result, Is.EqualTo(Enumerable.Range(0, Groups).Select(static i => $"{i * 1_000_000L}").Append("end")));
    });

    [Test]
    public void GroupThatThePublisherHasDropped_FailsTheReading_WhateverComesAfterIt(
        [Values] bool isAtTheEnd, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => HandPublisher.Run(
        async (scene, remote) =>
        {
            var seen = new List<ulong>();
            var failure = await Failure.OfAsync<MoqStreamException>(async () =>
            {
                await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = order }))
                    seen.Add(group.Sequence);
            });
            Assert.That((failure.Code, seen), Is.EqualTo((MoqErrorCode.Evicted, new ulong[] { 5, 6 })));
            Assert.That(failure.Message, Does.Contain("track 't' of 'x' did not come").And.Contain("Subscribe again"));
        },
        async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 5));
            await subscription.SendAsync(5);
            await subscription.SendAsync(6);
            await scene.PauseAsync(0.5);
            await subscription.DropAsync(7, 8, MoqErrorCode.Old);
            await scene.PauseAsync(isAtTheEnd ? 0 : 0.5);
            if (isAtTheEnd)
                subscription.Finish();
            else
                await subscription.SendAsync(9);
        });

    /// <summary>The publisher is known not to send the group, but the reading is not complete without it.</summary>
    [Test]
    public void GroupThatThePublisherHasDropped_FailsAReadingUpToALastGroup(
        [Values] bool isLast, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => HandPublisher.Run(
        async (scene, remote) =>
        {
            var failure = await Failure.OfAsync<MoqStreamException>(async () =>
            {
                await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = order, End = 8 }))
                    group.Dispose();
            });
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Evicted));
            Assert.That(scene.Seconds, Is.LessThan(5), "It does not wait for the end of the track.");
        },
        async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 5));
            await subscription.SendAsync(5);
            await subscription.SendAsync(6);
            if (!isLast)
                await subscription.SendAsync(8);
            await scene.PauseAsync(0.5);
            await subscription.DropAsync(7, isLast ? 8UL : 7, MoqErrorCode.Old);
            await scene.PauseAsync(10);
        });

    [Test]
    public void GroupsBeforeTheReading_AndNumbersWithoutAGroup_AreNoLoss([Values] bool isBeginKnown) => HandPublisher.Run(
        static async (scene, remote) =>
        {
            var seen = new List<ulong>();
            await foreach (var group in remote.Track("t").ReadGroupsAsync())
                seen.Add(group.Sequence);
            Assert.That(seen, Is.EqualTo(new ulong[] { 5, 8 }));
        },
        async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: isBeginKnown ? 5UL : null));
            await subscription.SendAsync(5);
            await scene.PauseAsync(0.5);
            await subscription.DropAsync(2, 4, MoqErrorCode.Old);
            await subscription.DropAsync(6, 7, MoqErrorCode.NotFound);
            await subscription.SendAsync(8);
            await scene.PauseAsync(0.5);
            subscription.Finish();
        });

    [Test]
    public void AbortedGroup_DoesNotEndTheTrack([Values(0, 0.1)] double pause) => Reading.Run(Lossless, async reading =>
    {
        var result = reading.ReadAsync(reading.Remote);
        await reading.Track.WaitForSubscriberAsync();
        await reading.PauseAsync(0.2);
        for (var i = 0; i < 3; i++)
        {
            using var group = reading.Track.AppendGroup();
            group.Write(new byte[1]);
            await reading.PauseAsync(pause);
            if (i == 1)
                group.Abort(MoqErrorCode.FromApplication(8));
            else
                group.Finish();
        }

        reading.Track.Finish();
        var seen = await result;
        Assert.That((seen[0], seen[^2], seen[^1]), Is.EqualTo(("0", "2", "end")));
    });

    [Test]
    public void LargestFrames_ArriveWhole(
        [Values] bool lossless, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Reading.Run(
        Lossless with { Lossless = lossless, DropsWithoutReaders = true }, async reading =>
    {
        var result = reading.ReadAsync(reading.Remote, new SubscribeOptions { Order = order }, pause: 0.1);
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < 4; i++)
        {
            await reading.PutAsync(GroupProducer.MaxFrameSize);
            if (!lossless)
                await reading.PauseAsync(2);
        }

        reading.Track.Finish();
        Assert.That(await result, Is.EquivalentTo(Reading.Numbers(4).Append("end")));
    });

    [Test]
    public void GroupsThatComeBeforeTheAnswer_AreKept([Values] bool answersLate) => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open();
            var group = await reader.ReadGroupAsync();
            await scene.PauseAsync(5);
            for (var i = 0UL; i < LateAnswerGroups; i++)
            {
                Assert.That((group?.Sequence, group?.Skipped), Is.EqualTo(((ulong?)i, (long?)0)));
                group = await reader.ReadGroupAsync();
            }

            Assert.That(group, Is.Null);
        },
        async (scene, subscription) =>
        {
            var answer = new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 0);
            if (!answersLate)
                await subscription.AnswerAsync(answer);
            for (var i = 0UL; i < LateAnswerGroups; i++)
                await subscription.SendAsync(i, frames: 16, bytes: 64 << 10);
            if (answersLate)
                await subscription.AnswerAsync(answer);
            subscription.Finish();
        });
}
