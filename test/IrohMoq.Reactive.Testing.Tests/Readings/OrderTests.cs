using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>The ways to read: as groups arrive, in order, the newest only, and how long a reader waits for what is missing.</summary>
public sealed class OrderTests
{
    private static readonly SubscribeOptions InOrder = new() { Order = GroupOrder.Sequence, MaxLatency = TimeSpan.FromSeconds(1) };

    private static double Sent { get; set; }

    [Test]
    public void ArrivalOrder_GivesEachGroupAsItComes() => Run(
        new SubscribeOptions(),
        static async (scene, subscription) =>
        {
            foreach (var number in new ulong[] { 2, 0, 1, 5, 3 })
            {
                await subscription.SendAsync(number);
                await scene.PauseAsync(0.1);
            }
        },
        "2@0.0", "0@0.1", "1@0.2", "5@0.3", "3@0.4", "end");

    [Test]
    public void SequenceOrder_HoldsBackWhatIsEarly() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            foreach (var number in new ulong[] { 2, 0, 1, 5, 3, 4 })
            {
                await subscription.SendAsync(number);
                await scene.PauseAsync(0.1);
            }
        },
        "0@0.1", "1@0.2", "2@0.2", "3@0.4", "4@0.5", "5@0.5", "end");

    [Test]
    public void HoleThatThePublisherReports_IsSkippedWithoutAWait() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(0);
            await subscription.SendAsync(3);
            await scene.PauseAsync(0.3);
            await subscription.DropAsync(1, 2);
            await scene.PauseAsync(0.3);
            await subscription.DropAsync(4, 6);
            await subscription.SendAsync(7);
        },
        "0@0.0", "3+2@0.3", "7+3@0.6", "end");

    [Test]
    public void UnreportedHoles_AreWaitedForOnceAndNotAnewForEach() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(0);
            for (var number = 2UL; number < 20; number += 2)
                await subscription.SendAsync(number);
            await scene.PauseAsync(3);
        },
        "0@0.0", "2+1@1.0", "4+1@1.0", "6+1@1.0", "8+1@1.0", "10+1@1.0", "12+1@1.0", "14+1@1.0", "16+1@1.0", "18+1@1.0", "end");

    [Test]
    public void HolesOfAStream_AreEachPassedWhenTheirNextGroupIsOldEnough() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            foreach (var number in new ulong[] { 0, 2, 3, 5, 6 })
            {
                await subscription.SendAsync(number);
                await scene.PauseAsync(0.2);
            }

            await scene.PauseAsync(3);
        },
        "0@0.0", "2+1@1.2", "3@1.2", "5+1@1.6", "6@1.6", "end");

    [Test]
    public void WhatComesAfterItsTurn_IsNotGivenAndWasCounted() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(0);
            await subscription.SendAsync(2);
            await scene.PauseAsync(2);
            await subscription.SendAsync(1);
            await subscription.SendAsync(3);
        },
        "0@0.0", "2+1@1.0", "3@2.0", "end");

    [Test]
    public void FirstGroupThatIsMissing_IsWaitedForToo() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(2);
            await scene.PauseAsync(2);
        },
        "2+2@1.0", "end");

    [Test]
    public void EndOfTheTrack_IsNotWaitedFor() => Run(
        InOrder,
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(0);
            await subscription.SendAsync(4);
        },
        "0@0.0", "4+3@0.3", "end");

    [Test]
    public void LatencyInArrivalOrder_SkipsWhatIsTooOldAndCountsIt() => Run(
        new SubscribeOptions { MaxLatency = TimeSpan.FromMilliseconds(500) },
        static async (scene, subscription) =>
        {
            // The reader reads a frame a second: group 0 has two.
            await subscription.SendAsync(0, frames: 2);
            for (var number = 1UL; number < 10; number++)
            {
                await subscription.SendAsync(number);
                await scene.PauseAsync(0.2);
            }
        },
        pause: 1,
        "0@0.0", "7+6@2.0", "8@3.0", "9@4.0", "end");

    [Test]
    public void NewestOnly_SkipsEverythingElse() => Run(
        new SubscribeOptions { Order = GroupOrder.Newest },
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(0, frames: 2);
            await scene.PauseAsync(0.1);
            for (var number = 1UL; number < 10; number++)
            {
                await subscription.SendAsync(number);
                await scene.PauseAsync(0.1);
            }
        },
        pause: 1,
        "0@0.0", "9+8@2.0", "end");

    [Test]
    public void GroupsBeforeTheAnswer_BeginWhereTheAnswerSays([Values] bool fromTheOldest) => HandPublisher.Run(
        async (scene, remote) =>
        {
            var seen = new List<string>();
            var start = fromTheOldest ? GroupStart.Oldest : GroupStart.Latest;
            var began = scene.Seconds;
            await foreach (var group in remote.Track("t").ReadGroupsAsync(
                new SubscribeOptions { Order = GroupOrder.Sequence, Start = start }))
                seen.Add($"{group.Sequence}+{group.Skipped}@{scene.Seconds - began:0.0}");
            Assert.That(seen, Is.EqualTo(new[] { "4+0@0.5", "5+0@0.5", "6+0@2.5" }));
        },
        static async (scene, subscription) =>
        {
            await subscription.SendAsync(5);
            await subscription.SendAsync(4);
            await scene.PauseAsync(0.5);
            await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000, StartGroup: 4));
            await scene.PauseAsync(2);
            await subscription.SendAsync(6);
            subscription.Finish();
        });

    [Test]
    public void GroupsThatAreWrittenInAnyOrder_AllArrive(
        [Values] bool lossless, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) =>
        Reading.Run(new TrackOptions { Lossless = lossless, DropsWithoutReaders = true }, async reading =>
        {
            const int Groups = 80;
            var result = reading.ReadAsync(reading.Remote, new SubscribeOptions { Order = order });
            await reading.Track.WaitForSubscriberAsync();
            await reading.PauseAsync(0.1);
            // All groups exist before the first is sent.
            for (var i = 0; i < Groups; i += 4)
            {
                foreach (var number in new[] { i, i + 3, i + 1, i + 2 })
                    reading.Put((ulong)number, bytes: 100_000);
            }

            reading.Track.Finish();
            var whole = Reading.Numbers(Groups).Append("end");
            Assert.That(await result, order == GroupOrder.Sequence ? Is.EqualTo(whole) : Is.EquivalentTo(whole));
        });

    [Test]
    public void GroupsThatAreDroppedBetweenOthers_AreReportedThoughSomeComeLater() => Reading.Run(
        new TrackOptions { MaxCachedGroups = 3 }, static async reading =>
    {
        var result = SkippedAsync();
        await reading.Track.WaitForSubscriberAsync();
        await reading.PauseAsync(0.1);
        reading.Put(0);
        await reading.PauseAsync(0.1);
        // 1 and 2 are not kept, and 3 comes after 5.
        foreach (var number in new ulong[] { 1, 2, 5, 3, 6 })
            reading.Put(number);
        await reading.PauseAsync(1);
        Assert.That(await result, Is.EqualTo(new[] { "0+0", "3+2", "5+1", "6+0" }));

        async Task<List<string>> SkippedAsync()
        {
            var seen = new List<string>();
            using var reader = reading.Remote.Open(
                new SubscribeOptions { Order = GroupOrder.Sequence, MaxLatency = TimeSpan.FromSeconds(0.5) });
            while (seen.Count < 4)
            {
                var group = (await reader.ReadGroupAsync())!;
                seen.Add($"{group.Sequence}+{group.Skipped}");
            }

            return seen;
        }
    });

    [Test]
    public void ReaderThatWantsOrderFromNowOn_HasMissedNothingOfWhatItHasRead(
        [Values(GroupOrder.Arrival, GroupOrder.Newest)] GroupOrder before) => HandPublisher.Run(
        async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open(new SubscribeOptions { Order = before });
            for (var i = 0UL; i < 3; i++)
                Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.EqualTo(i));
            reader.Options = new SubscribeOptions { Order = GroupOrder.Sequence };
            var group = await reader.ReadGroupAsync();
            Assert.That((group?.Sequence, group?.Skipped, reader.Skipped), Is.EqualTo(((ulong?)3, (long?)0, 0L)));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000, StartGroup: 0));
            for (var i = 0UL; i < 4; i++)
            {
                await scene.PauseAsync(0.1);
                await subscription.SendAsync(i);
            }
        });

    /// <summary>A publisher without a group cannot say which is its first. Group 0 is, so it is not held back for an earlier one.</summary>
    [Test]
    public void FirstGroupOfATrackThatWasEmpty_ComesAtOnce() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open(new SubscribeOptions { Order = GroupOrder.Sequence });
            var group = await reader.ReadGroupAsync();
            Assert.That((group?.Sequence, Math.Round(scene.Seconds - Sent, 3)), Is.EqualTo(((ulong?)0, Scene.Latency)));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000));
            await scene.PauseAsync(0.5);
            Sent = scene.Seconds;
            await subscription.SendAsync(0);
            await scene.PauseAsync(0.5);
        });

    private static void Run(SubscribeOptions options, Func<Scene, HandSubscription, Task> publish, params string[] expected) =>
        Run(options, publish, 0, expected);

    /// <param name="options">How it is read.</param>
    /// <param name="publish">What the publisher sends, a hundredth of a second before it arrives.</param>
    /// <param name="pause">Seconds that the reader takes for each frame.</param>
    /// <param name="expected">The groups: number, what was skipped before, and when they came since the first could.</param>
    private static void Run(SubscribeOptions options, Func<Scene, HandSubscription, Task> publish, double pause, params string[] expected)
    {
        var began = 0.0;
        HandPublisher.Run(
            async (scene, remote) =>
            {
                var seen = new List<string>();
                await foreach (var group in remote.Track("t").ReadGroupsAsync(options))
                {
                    seen.Add(
                        $"{group.Sequence}{(group.Skipped > 0 ? $"+{group.Skipped}" : "")}@{scene.Seconds - began - Scene.Latency:0.0}");
                    if (pause == 0)
                        continue;
                    await foreach (var frame in group.ReadFramesAsync())
                        await scene.PauseAsync(pause);
                }

                seen.Add("end");
                Assert.That(seen, Is.EqualTo(expected));
            },
            async (scene, subscription) =>
            {
                await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000, StartGroup: 0));
                await scene.PauseAsync(0.5);
                began = scene.Seconds;
                await publish(scene, subscription);
                subscription.Finish();
            });
    }
}
