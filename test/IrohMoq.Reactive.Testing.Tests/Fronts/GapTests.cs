namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A reading moves to a source that has told that it lacks groups: a reader in sequence order does not wait for them.
/// </summary>
public sealed class GapTests
{
    private static readonly SubscribeOptions InSequence = new() { Order = GroupOrder.Sequence, Start = GroupStart.Oldest };

    [Test]
    public void NextSourceBeginsLater_TheReaderGoesOnAtOnce_AndCountsWhatIsMissing(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var options = new TrackOptions { MaxAge = TimeSpan.FromMinutes(1) };
        var (one, other) = (scene.Broadcast(), scene.Broadcast());
        var (first, second) = (one.CreateTrack("t", options), other.CreateTrack("t", options));
        using var later = await Route.OpenAsync(scene, reader, other, version: version);
        using var used = await Route.OpenAsync(scene, reader, one, version: version);
        for (ulong group = 0; group < 3; group++)
            Say(first, group);
        var track = (await reader.Moq.SubscribeAsync(TwoRelays.Name)).Track("t");
        var (read, times) = (new List<ulong>(), new List<double>());
        var reading = ReadAsync();
        await scene.PauseAsync(1);
        Assert.That(read, Is.EqualTo(new ulong[] { 0, 1, 2 }));
        Say(second, 6);
        Say(second, 7);
        var lost = scene.Seconds;
        used.Session.Close();
        await scene.PauseAsync(3);
        Assert.That((string.Join(' ', read), track.Skipped), Is.EqualTo(("0 1 2 6 7", 3L)));
        Assert.That(times[^1] - lost, Is.LessThan(0.5));
        second.Finish();
        await reading;

        async Task ReadAsync()
        {
            await foreach (var group in track.ReadGroupsAsync(InSequence))
            {
                read.Add(group.Sequence);
                times.Add(scene.Seconds);
                group.Dispose();
            }
        }
    });

    private static void Say(TrackProducer track, ulong sequence)
    {
        using var group = track.CreateGroup(sequence);
        group.Write([1]);
        group.Finish();
    }
}
