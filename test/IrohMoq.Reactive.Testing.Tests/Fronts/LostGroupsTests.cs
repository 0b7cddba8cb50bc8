namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A reading of a lossless track up to a last group moves to another relay, and groups were lost with the first one: it fails, in every
/// order and version, and does not end as if it were complete.
/// </summary>
public sealed class LostGroupsTests
{
    [Test]
    public void ReadingUpToALastGroup_FailsWhenGroupsWereLost(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => TwoRelays.Run(version, async relays =>
    {
        using var track = relays.Sending.Broadcast.CreateTrack("small", new TrackOptions { Lossless = true });
        var read = new List<ulong>();
        var reading = ReadAsync();
        await track.WaitForSubscriberAsync();
        var (lost, network) = (relays.Used, relays.Scene.Network);
        for (var number = 0; number < 200; number++)
        {
            using (var group = await track.AppendGroupAsync())
            {
                await group.WriteAsync(new[] { (byte)number });
                group.Finish();
            }

            await relays.Scene.PauseAsync(Scene.Latency / 3);
            // The relay takes groups that it cannot pass on any more, and is lost with them.
            if (number == 100)
                network.Partition(lost.Player.Moq, relays.Reader.Moq);
            else if (number == 110)
                network.Kill(lost.Player.Moq);
        }

        // The session with the relay is lost after 2 s, and the other relay tells at once that it has not got the groups.
        await relays.Scene.PauseAsync(5);
        Assert.That(reading.IsCompleted, Is.True, "The track has not ended, and the reader is not to wait for that.");
        var failure = await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Evicted));
        Assert.That(read.Order(), Is.EqualTo(Enumerable.Range(0, read.Count).Select(static number => (ulong)number)));

        async Task ReadAsync()
        {
            var options = new SubscribeOptions { Order = order, Start = GroupStart.Oldest, End = 150 };
            await foreach (var group in (await relays.SubscribeAsync()).Track("small").ReadGroupsAsync(options))
            {
                read.Add(group.Sequence);
                group.Dispose();
            }
        }
    });
}
