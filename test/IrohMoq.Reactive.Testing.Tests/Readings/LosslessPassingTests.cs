namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Readers of a lossless track that accept that groups are skipped.</summary>
public sealed class LosslessPassingTests
{
    /// <summary>The size of a group of which the subscriber allows its publisher few at once.</summary>
    private const int Large = 1 << 20;

    private const ulong Groups = 30;

    private static readonly TrackOptions Lossless = new() { Lossless = true, MaxCachedBytes = 256 << 20 };

    public static IEnumerable<SubscribeOptions> Passing =>
    [
        new() { Order = GroupOrder.Newest }, new() { MaxLatency = TimeSpan.Zero },
        new() { Order = GroupOrder.Sequence, MaxLatency = TimeSpan.Zero },
    ];

    /// <summary>
    /// The publisher passes every group that it may send, because they are too old. The group that it wants to send is beyond the limit,
    /// which advances only with what arrives.
    /// </summary>
    [Test]
    public void NewestGroupBeyondTheLimitOfTheSubscriber_Arrives(
        [ValueSource(nameof(Passing))] SubscribeOptions options, [Values(1UL, 1_000_000UL)] ulong step) =>
        Reading.Run(Lossless, async reading =>
        {
            var seen = new List<ulong>();
            using var reader = reading.Remote.Open(options);
            var read = ReadAsync(reader, seen);
            await PutAsync(reading, step);
            Assert.That(seen[^1], Is.EqualTo(Groups * step));
            reading.Track.Finish();
            await reading.PauseAsync(1);
            Assert.That(read.IsCompleted, Is.True);
        });

    /// <summary>Groups that were too old, between numbers that no group ever had, are no loss at the end of the track.</summary>
    [Test]
    public void TrackWithGaps_EndsWell([ValueSource(nameof(Passing))] SubscribeOptions options) =>
        Reading.Run(Lossless, async reading =>
        {
            var result = reading.ReadAsync(reading.Remote, options);
            await PutAsync(reading, step: 1_000_000);
            reading.Track.Finish();
            Assert.That((await result).TakeLast(2), Is.EqualTo(new[] { $"{Groups}000000", "end" }));
        });

    private static async Task PutAsync(Reading reading, ulong step)
    {
        await reading.Track.WaitForSubscriberAsync();
        reading.Put(0, Large);
        await reading.PauseAsync(2);
        for (var i = 1UL; i <= Groups; i++)
            reading.Put(i * step, Large);
        await reading.PauseAsync(10);
    }

    private static async Task ReadAsync(TrackReader reader, List<ulong> seen)
    {
        try
        {
            while (await reader.ReadGroupAsync() is { } group)
                seen.Add(group.Sequence);
        }
        catch (MoqStreamException)
        {
            // How the track ends is another matter.
        }
    }
}
