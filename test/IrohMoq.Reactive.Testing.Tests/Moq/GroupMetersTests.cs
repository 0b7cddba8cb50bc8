using System.Diagnostics.Metrics;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// The meters count the groups that readers miss, the groups that are aborted, and the readers that are cut off. The meters belong to the
/// process, so no other test runs at the same time.
/// </summary>
[NonParallelizable]
public sealed class GroupMetersTests
{
    [Test]
    public void SlowReaders_MissedGroupsResetsAndCutReadersAreCounted()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MoqTelemetry.SourceName
                    && (instrument.Name.StartsWith("moq.group.", StringComparison.Ordinal) || instrument.Name == "moq.reader.cut"))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var key = $"{instrument.Name} {tags[0].Key}={tags[0].Value}";
            counts[key] = counts.GetValueOrDefault(key) + value;
        });
        listener.Start();
        var skipped = 0L;
        Scene.Run(async scene =>
        {
            var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
            using var broadcast = scene.Broadcast();
            using var live = broadcast.CreateTrack("live", new TrackOptions { MaxAge = TimeSpan.FromSeconds(1) });
            using var whole = broadcast.CreateTrack(
                "whole", new TrackOptions { Lossless = true, MaxCachedBytes = 1 << 20, SlowReaderLimit = TimeSpan.FromSeconds(2) });
            using var published = alice.Moq.Publish("x", broadcast);
            var studio = await (await bob.ConnectAsync(alice)).SubscribeAsync("x");
            using var slow = studio.Track("live").Open();
            using var dead = studio.Track("whole").Open();
            using var stop = new CancellationTokenSource();
            var writing = WriteAsync(whole, stop.Token);
            await live.WaitForSubscriberAsync();
            // A group that is never finished becomes too old on its way.
            using var unfinished = live.AppendGroup();
            unfinished.Write("begun"u8);
            for (var g = 0; g < 400; g++)
            {
                using var group = live.AppendGroup();
                group.Write(new byte[400_000]);
                group.Finish();
                await scene.PauseAsync(0.01);
            }

            live.Finish();
            Assert.That(whole.ReaderTotals.Lost, Is.EqualTo(1));
            stop.Cancel();
            await Failure.OfAsync<OperationCanceledException>(async () => await writing);
            while (await slow.ReadGroupAsync() is { } group)
                skipped += group.Skipped;
        });

        Assert.That(skipped, Is.Positive);
        Assert.That(counts.GetValueOrDefault("moq.group.skipped moq.side=local"), Is.EqualTo(skipped), "the number that the reader got");
        Assert.That(counts.GetValueOrDefault("moq.group.skipped moq.side=remote"), Is.Positive, "what the publisher could not send");
        Assert.That(counts.GetValueOrDefault("moq.group.reset moq.side=remote"), Is.EqualTo(1));
        Assert.That(counts.GetValueOrDefault("moq.reader.cut moq.side=remote"), Is.EqualTo(1));
    }

    private static async Task WriteAsync(TrackProducer track, CancellationToken cancellationToken)
    {
        await track.WaitForSubscriberAsync(cancellationToken);
        while (true)
        {
            using var group = await track.AppendGroupAsync(cancellationToken);
            await group.WriteAsync(new byte[100_000], cancellationToken);
            group.Finish();
        }
    }
}
