using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// The writer of a lossless track waits for slow readers over the network, and cuts off those that are below the limits of the track.
/// </summary>
public sealed class SlowReaderTests
{
    private static readonly TrackOptions Lossless = new() { Lossless = true };

    [Test]
    public void PausedReader_MakesThePublisherWait_AndGetsEverythingWhenItContinues(
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
    public void ReaderThatReadsNothingForTheLimit_IsCutOff_AndThePublisherContinues() => Reading.Run(
        Lossless with { SlowReaderLimit = TimeSpan.FromSeconds(8), DropsWithoutReaders = true }, static async reading =>
    {
        await using var reader = reading.Remote.ReadGroupsAsync().GetAsyncEnumerator();
        var first = reader.MoveNextAsync();
        await reading.Track.WaitForSubscriberAsync();
        var began = reading.Scene.Seconds;
        for (var i = 0; i < 2_000; i++)
            await reading.PutAsync(64 << 10);
        Assert.That(reading.Scene.Seconds - began, Is.InRange(8, 12), "It waits for the limit, and then no more.");
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
    public void ReaderBelowTheLowestRate_IsCutOff() => Reading.Run(
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
    public void WithoutReaders_TheWriterWaits_AndALateReaderGetsAllFromTheOldest() => Reading.Run(
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
    public void WaitForSubscribers_CompletesWhenAllHaveSubscribed() => Reading.Run(Lossless, static async reading =>
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

    private static async Task<MoqErrorCode?> CodeAsync(IAsyncEnumerator<GroupConsumer> groups)
    {
        try
        {
            while (await groups.MoveNextAsync())
            {
                // The groups that had arrived are still read.
            }

            return null;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }
    }
}
