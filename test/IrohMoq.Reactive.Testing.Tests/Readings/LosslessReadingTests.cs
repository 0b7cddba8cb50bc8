using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// A lossless track over the network: its writer waits for whoever reads it, everything arrives, and who takes nothing is cut off.
/// </summary>
public sealed class LosslessReadingTests
{
    private static readonly TrackOptions Lossless = new() { Lossless = true };

    /// <summary>Of 1 MiB each, more than the share of a subscription.</summary>
    private const ulong LateAnswerGroups = 20;

    [Test]
    public void PausedReader_MakesThePublisherWait_AndGetsEverythingWhenItGoesOn(
        [Values(1, 16)] int frames, [Values(64 << 10, 2 << 20)] int groupSize) => Reading.Run(Lossless, async reading =>
    {
        var groups = (256 << 20) / groupSize;
        await using var reader = reading.Remote.ReadGroupsAsync().GetAsyncEnumerator();
        var first = reader.MoveNextAsync();
        await reading.Track.WaitForSubscriberAsync();
        var written = 0;
        var writing = WriteAsync();
        Assert.That(await first, Is.True);
        await reading.PauseAsync(5);
        var waits = written;
        await reading.PauseAsync(20);
        Assert.That((written, written < groups), Is.EqualTo((waits, true)), "the publisher waits");
        for (var i = 0; i < groups; i++)
        {
            Assert.That(await reading.ReadAsync(reader.Current), Is.EqualTo($"{reader.Current.Sequence}"));
            Assert.That((reader.Current.Skipped, await reader.MoveNextAsync()), Is.EqualTo((0L, i + 1 < groups)));
        }

        await writing;
        await reading.Track.WaitForNoSubscriberAsync();
        Assert.That(reading.Track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 0)));

        async Task WriteAsync()
        {
            for (; written < groups; written++)
                await reading.PutAsync(groupSize / frames, frames);
            reading.Track.Finish();
        }
    });

    [Test]
    public void ManySlowReaders_EachGetEverything([Values(64 << 10, 1 << 20)] int groupSize) => Reading.Run(Lossless, async reading =>
    {
        const int Tracks = 50;
        var groups = (4 << 20) / groupSize;
        var tracks = Enumerable.Range(0, Tracks).Select(i => reading.Broadcast.CreateTrack($"{i}", Lossless)).ToArray();
        var results = tracks.Select(track => reading.ReadAsync(reading.RemoteTrack(track.Name), pause: 0.2)).ToArray();
        var writing = tracks.Select(WriteAsync).ToArray();
        for (var i = 0; i < Tracks; i++)
        {
            await writing[i];
            Assert.That(await results[i], Is.EquivalentTo(Reading.Numbers(groups).Append("end")));
        }

        async Task WriteAsync(TrackProducer track)
        {
            await track.WaitForSubscriberAsync();
            for (var i = 0; i < groups; i++)
            {
                using var group = await track.AppendGroupAsync();
                await group.WriteAsync(new byte[groupSize]);
                group.Finish();
            }

            track.Finish();
        }
    });

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
    public void NumbersInAnyOrder_AllArrive_ThoughWhatIsSaidOfTheTrackOvertakesItsGroups([Values] bool lossless) => Reading.Run(
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

    [Test]
    public void WhatWasBeforeTheReading_AndNumbersWithoutAGroup_AreNoLoss([Values] bool isBeginKnown) => HandPublisher.Run(
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
    public void GroupThatItsProducerGivesUp_EndsAlone([Values(0, 0.1)] double pause) => Reading.Run(Lossless, async reading =>
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
    public void ReaderThatTakesNothingForTheLimit_IsCutOff_AndThePublisherGoesOn() => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(8), DropsWithoutReaders = true }, static async reading =>
    {
        await using var reader = reading.Remote.ReadGroupsAsync().GetAsyncEnumerator();
        var first = reader.MoveNextAsync();
        await reading.Track.WaitForSubscriberAsync();
        var began = reading.Scene.Seconds;
        for (var i = 0; i < 2_000; i++)
            await reading.PutAsync(64 << 10);
        Assert.That(reading.Scene.Seconds - began, Is.InRange(8, 12), "the limit after its last sign of life; then it waits for nobody");
        Assert.That(await first, Is.True);
        Assert.That(reading.Track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 0, 1)));
        Assert.That(await CodeAsync(reader), Is.EqualTo(MoqErrorCode.SlowReader));
    });

    [Test]
    public void SlowReader_GetsEverything_HoweverLongItTakes(
        [Values(1, 16)] int frames, [Values(64 << 10, 2 << 20)] int groupSize) => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(5) }, async reading =>
    {
        var groups = Math.Max((96 << 20) / groupSize, 2_000 / frames);
        if (groupSize > 1 << 20)
            groups = Math.Min(groups, 200);
        var pause = Math.Max(0.020, 40.0 / (groups * frames));
        var result = reading.ReadAsync(reading.Remote, pause: pause);
        await reading.Track.WaitForSubscriberAsync();
        var began = reading.Scene.Seconds;
        for (var i = 0; i < groups; i++)
            await reading.PutAsync(groupSize / frames, frames);
        reading.Track.Finish();
        Assert.That(await result, Is.EquivalentTo(Reading.Numbers(groups).Append("end")));
        Assert.That(reading.Scene.Seconds - began, Is.GreaterThan(30));
        await reading.Track.WaitForNoSubscriberAsync();
        Assert.That(reading.Track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 0)));
    });

    [Test]
    [NonParallelizable]
    public void TinyGroups_ArriveWholeAtASlowReader_InTheMemoryOfItsShare() => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(5) }, static async reading =>
    {
        const int Groups = 50_000;
        var before = BlockPool.Shared.BytesOut;
        var most = 0L;
        var seen = new List<ulong>();
        var result = ReadAsync();
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < Groups; i++)
            await reading.PutAsync(100);
        reading.Track.Finish();
        await result;
        Assert.That(seen.Order(), Is.EqualTo(Enumerable.Range(0, Groups).Select(static number => (ulong)number)));
        Assert.That(most - before, Is.LessThan(16 << 20));

        async Task ReadAsync()
        {
            await foreach (var group in reading.Remote.ReadGroupsAsync())
            {
                seen.Add(group.Sequence);
                most = Math.Max(most, BlockPool.Shared.BytesOut);
                if (seen.Count % 10 == 0)
                    await reading.PauseAsync(0.008);
            }
        }
    });

    [Test]
    public void CrawlingReader_IsCutOffBelowTheLowestRate() => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(5), MinReaderRate = 1 << 20, DropsWithoutReaders = true },
        static async reading =>
    {
        var result = reading.ReadAsync(reading.Remote, pause: 1);
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < 2_000; i++)
            await reading.PutAsync(64 << 10);
        Assert.That(reading.Track.ReaderTotals.Lost, Is.EqualTo(1));
        Assert.That((await result)[^1], Is.EqualTo($"{MoqErrorCode.SlowReader}"));
    });

    [Test]
    public void ReaderAboveTheLowestRate_IsNotCutOff() => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(5), MinReaderRate = 1 << 20 }, static async reading =>
    {
        const int Groups = 1_500;
        var result = reading.ReadAsync(reading.Remote, pause: 0.03);
        await reading.Track.WaitForSubscriberAsync();
        for (var i = 0; i < Groups; i++)
            await reading.PutAsync(64 << 10);
        reading.Track.Finish();
        Assert.That(await result, Is.EquivalentTo(Reading.Numbers(Groups).Append("end")));
    });

    [Test]
    public void WithoutReaders_TheWriterWaits_AndWhoComesLateGetsAllFromTheOldest() => Reading.Run(
        Lossless with { MaxCachedGroups = 10 }, static async reading =>
    {
        var written = 0;
        var writing = WriteAsync();
        await reading.PauseAsync(60);
        Assert.That(written, Is.EqualTo(10));
        var result = reading.ReadAsync(reading.Remote, new SubscribeOptions { Start = GroupStart.Oldest });
        await writing;
        Assert.That(await result, Is.EqualTo(Reading.Numbers(50).Append("end")));

        async Task WriteAsync()
        {
            for (; written < 50; written++)
                await reading.PutAsync();
            reading.Track.Finish();
        }
    });

    [Test]
    public void WaitForSubscribers_GoesOnWhenAllAreThere() => Reading.Run(Lossless, static async reading =>
    {
        var waiting = reading.Track.WaitForSubscribersAsync(2).AsTask();
        var local = reading.ReadAsync(reading.Broadcast.Consume().Track("t"));
        await reading.PauseAsync(1);
        Assert.That(waiting.IsCompleted, Is.False);
        var remote = reading.ReadAsync(reading.Remote);
        await waiting;
        for (var i = 0; i < 20; i++)
            await reading.PutAsync();
        reading.Track.Finish();
        var whole = Reading.Numbers(20).Append("end").ToArray();
        Assert.That((await local, await remote), Is.EqualTo((whole, whole)));
        await reading.Track.WaitForNoSubscriberAsync();
        Assert.That(reading.Track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 2, 0)));
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

    private static async Task<MoqErrorCode?> CodeAsync(IAsyncEnumerator<GroupConsumer> groups)
    {
        try
        {
            while (await groups.MoveNextAsync())
            {
                // What had come is still read.
            }

            return null;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }
    }
}
