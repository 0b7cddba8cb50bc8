namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A reading of a live track up to a last group moves to another relay, which does not keep the rest of these groups: it ends, and counts
/// exactly those that it has not got, in every order and version.
/// </summary>
public sealed class SkippedGroupsTests
{
    private const ulong Last = 150;

    [Test]
    public void ReadingUpToALastGroup_CountsWhatItHasNotGot(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => TwoRelays.Run(version, async relays =>
    {
        using var track = relays.Sending.Broadcast.CreateTrack("small", new TrackOptions { MaxAge = TimeSpan.FromSeconds(0.3) });
        var remote = (await relays.SubscribeAsync()).Track("small");
        var read = new List<ulong>();
        var reading = ReadAsync();
        await track.WaitForSubscriberAsync();
        for (var number = 0; number < 1_000 && !reading.IsCompleted; number++)
        {
            using (var group = track.AppendGroup())
            {
                group.Write([1]);
                group.Finish();
            }

            await relays.Scene.PauseAsync(Scene.Latency / 2);
            // The session with the relay is lost after 2 s.
            if (number == 100)
                relays.Scene.Network.Kill(relays.Used.Player.Moq);
        }

        Assert.That(reading.IsCompleted, Is.True, "no group up to the last one can come any more");
        await reading;
        Assert.That(read, Has.Count.InRange(50, 101));
        Assert.That(read.Count + remote.Skipped, Is.EqualTo((long)Last + 1));

        async Task ReadAsync()
        {
            var options = new SubscribeOptions { Order = order, Start = GroupStart.Oldest, End = Last };
            await foreach (var group in remote.ReadGroupsAsync(options))
            {
                read.Add(group.Sequence);
                group.Dispose();
            }
        }
    });
}
