using IrohMoq.Reactive.Testing.Tests.Faults;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What a slow reader of a live track has missed adds up, and is told while it reads.</summary>
public sealed class SkippedTests
{
    [Test]
    public void GroupsRead_BrokenOff_AndSkipped_AreAllThatWereWritten(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence, GroupOrder.Newest)] GroupOrder order,
        [Values(100, 100_000)] int size,
        [Values(1, 4)] int frames) =>
        Reading.Run(new TrackOptions { MaxAge = TimeSpan.FromSeconds(1), MaxCachedBytes = 4 << 20 }, async reading =>
        {
            const int Groups = 1_200;
            var (read, skipped, late) = (new HashSet<ulong>(), 0L, 0);
            var track = reading.Remote;
            var result = ReadAsync();
            await reading.Track.WaitForSubscriberAsync();
            for (var i = 0; i < Groups; i++)
            {
                await reading.PutAsync(size, frames);
                await reading.PauseAsync(0.005);
                if (i == Groups / 2)
                    Assert.That(track.Skipped, Is.Positive, "while it reads");
            }

            reading.Track.Finish();
            var total = await result;
            TestContext.Out.WriteLine($"{read.Count} read, {skipped} reported, {total} in all, {late} late");
            Assert.That(read.Count + total, Is.EqualTo(Groups));
            Assert.That(total, Is.EqualTo(track.Skipped));
            Assert.That(total - skipped, Is.InRange(0, Groups / 2), "what is missing after the last group is in the total only");

            async Task<long> ReadAsync()
            {
                var highest = -1L;
                using var reader = track.Open(new SubscribeOptions { Order = order });
                while (await reader.ReadGroupAsync() is { } group)
                {
                    Assert.That(read.Add(group.Sequence), Is.True, "each once");
                    skipped += group.Skipped;
                    late += (long)group.Sequence < highest ? 1 : 0;
                    highest = Math.Max(highest, (long)group.Sequence);
                    // A group that was aborted was read as well.
                    await reading.ReadAsync(group, pause: 0.02);
                }

                return reader.Skipped;
            }
        });

    [Test]
    public void GroupsLostBeforeTheFirstThatArrives_AreReportedToo([Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) =>
        Reading.Run(new TrackOptions { MaxCachedGroups = 16 }, async reading =>
        {
            const int Groups = 1_000;
            var (read, skipped) = (0, 0L);
            var result = ReadAsync();
            await reading.Track.WaitForSubscriberAsync();
            // The subscription is served, and nothing has been written; then more than the track keeps is written at once.
            await reading.PauseAsync(1);
            for (var i = 0; i < Groups; i++)
            {
                using var group = reading.Track.AppendGroup();
                group.Write(new byte[10]);
                group.Finish();
            }

            reading.Track.Finish();
            await result;
            Assert.That(skipped, Is.Positive);
            Assert.That(read + skipped, Is.EqualTo(Groups));

            async Task ReadAsync()
            {
                await foreach (var group in reading.Remote.ReadGroupsAsync(new SubscribeOptions { Order = order }))
                {
                    read++;
                    skipped += group.Skipped;
                }
            }
        });

    [Test, Fault(52)]
    public void GroupThatWaitsForAStreamLongerThanTheReaderAccepts_IsDropped() => Reading.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Tests.Scene.Latency),
            TracesArrivals = false,
            Bandwidth = 1 << 20,
            MaxUniStreams = 4,
        },
        new TrackOptions(),
        static async reading =>
        {
            var result = reading.ReadAsync(reading.Remote, new SubscribeOptions { MaxLatency = TimeSpan.FromMilliseconds(100) });
            await reading.Track.WaitForSubscriberAsync();
            for (var i = 0UL; i < 40; i++)
            {
                reading.Put(i, 100_000);
                await reading.PauseAsync(0.01);
            }

            await reading.PauseAsync(10);
            reading.Track.Finish();
            // The groups of the last tenth of a second, those in flight, and those that were sent before.
            Assert.That((await result).Count(static group => !group.Contains(':')), Is.LessThan(22));
            // The newest group is sent first.
            Assert.That((await result).TakeLast(10), Is.EquivalentTo(Reading.Numbers(9, 31).Append("end")));
        });

    /// <summary>All groups are written in one moment: by the clock none is old, and by media time all but the last are.</summary>
    [Test]
    public void GroupThatIsTooOldByMediaTime_IsDroppedOnItsWay([Values("moq-lite-03", "moq-lite-06")] string protocol) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency),
            TracesArrivals = false,
            Bandwidth = 1 << 20,
            MaxUniStreams = 4,
        },
        async scene =>
        {
            var options = new MoqOptions { Protocols = [protocol] };
            var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromMinutes(5) });
            using var live = publisher.Moq.Publish("x", broadcast);
            var remote = (await (await reader.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t");
            var result = ReadAsync(remote);
            await track.WaitForSubscriberAsync();
            for (var i = 0; i < 40; i++)
            {
                using var group = track.AppendGroup();
                await group.WriteAsync(new byte[100_000], TimeSpan.FromSeconds(i));
                group.Finish();
                // The publisher begins the group, and has no time to send it.
                await scene.PauseAsync(0.0001);
            }

            await scene.PauseAsync(10);
            track.Finish();
            Assert.That(await result, Does.Contain(39).And.Contain(38).And.Count.LessThan(20));
        });

    private static async Task<List<ulong>> ReadAsync(TrackConsumer track)
    {
        var whole = new List<ulong>();
        await foreach (var group in track.ReadGroupsAsync(new SubscribeOptions { MaxLatency = TimeSpan.FromSeconds(1.5) }))
        {
            try
            {
                await foreach (var frame in group.ReadFramesAsync())
                    whole.Add(group.Sequence);
            }
            catch (MoqStreamException old)
            {
                Assert.That(old.Code, Is.EqualTo(MoqErrorCode.Old));
            }
        }

        return whole;
    }

    [Test]
    public void WhatIsLostBehindTheLastGroup_IsCountedInEveryOrder(
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => HandPublisher.Run(
        async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open(new SubscribeOptions { Order = order });
            var seen = new List<string>();
            while (await reader.ReadGroupAsync() is { } group)
                seen.Add($"{group.Sequence}+{group.Skipped}");
            Assert.That((string.Join(' ', seen), reader.Skipped), Is.EqualTo(("0+0 1+0", 3L)));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000, StartGroup: 0));
            await subscription.SendAsync(0);
            await subscription.SendAsync(1);
            await scene.PauseAsync(0.5);
            await subscription.DropAsync(2, 4);
            subscription.Finish();
        });

    [Test]
    public void ChangeOfOrder_CountsNothingTwiceAndForgetsNothing() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open();
            var seen = new List<string>();
            while (await reader.ReadGroupAsync() is { } group)
            {
                seen.Add($"{group.Sequence}+{group.Skipped}={reader.Skipped}");
                reader.Options = new SubscribeOptions
                {
                    Order = group.Sequence is (>= 3 and < 9) or 12 ? GroupOrder.Sequence : GroupOrder.Arrival,
                    MaxLatency = TimeSpan.FromSeconds(2),
                };
            }

            Assert.That((string.Join(' ', seen), reader.Skipped), Is.EqualTo(("0+0=0 3+2=2 6+2=4 9+2=6 12+2=8 15+2=10", 12L)));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, 10_000, StartGroup: 0));
            for (var i = 0UL; i < 18; i += 3)
            {
                await subscription.SendAsync(i);
                await scene.PauseAsync(0.5);
                await subscription.DropAsync(i + 1, i + 2);
                await scene.PauseAsync(0.5);
            }

            subscription.Finish();
        });
}
