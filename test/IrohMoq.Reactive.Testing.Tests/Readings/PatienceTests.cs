namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A reader in sequence order waits for missing groups no longer than the groups that have arrived are kept.</summary>
public sealed class PatienceTests
{
    [TestCase(0.5)]
    [TestCase(4)]
    [TestCase(null)]
    public void GroupThatIsMissing_IsSkipped_HoweverLongTheReaderWouldWait(double? maxLatency) => Scene.Run(async scene =>
    {
        const int Groups = 20;
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromSeconds(2) });
        using var reader = broadcast.Consume().Track("t").Open(new SubscribeOptions
        {
            Order = GroupOrder.Sequence,
            MaxLatency = maxLatency is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        });
        var read = new List<ulong>();
        var reading = ReadAsync();
        for (var sequence = 0UL; sequence < Groups; sequence++)
        {
            if (sequence != 1)
                track.CreateGroup(sequence).Finish();
            await scene.PauseAsync(0.5);
        }

        track.Finish();
        await reading;
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, Groups).Where(static sequence => sequence != 1).Select(static one => (ulong)one)));
        Assert.That(reader.Skipped, Is.EqualTo(1));

        async Task ReadAsync()
        {
            while (await reader.ReadGroupAsync() is { } group)
            {
                using (group)
                    read.Add(group.Sequence);
            }
        }
    });
}
