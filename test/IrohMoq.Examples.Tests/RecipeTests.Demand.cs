using IrohMoq.Examples.Recipes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Examples.Tests;

/// <content>The recipes for what is created on demand, and for what is sent as datagrams or missed.</content>
public sealed partial class RecipeTests
{
    [Test]
    public void OnDemand_TheBroadcastAndItsTracksAreCreatedForTheirReaders() => Run(async (network, publisher, reader) =>
    {
        var (asked, written) = (new List<string>(), new List<string>());
        using var stop = new CancellationTokenSource();
        var serving = OnDemand.ServeAsync(publisher, Open, stop.Token);
        await reader.ConnectAsync(network.AddressOf(publisher));
        Assert.That(await OnDemand.FirstLineAsync(reader, "room/one"), Is.EqualTo("hello"));
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(await OnDemand.FirstLineAsync(reader, "room/one"), Is.EqualTo("hello"));
        Assert.That(written, Is.EqualTo(new[] { "lines", "lines" }), "The second reader comes when the track was disposed.");
        var failure = await FailureOf(OnDemand.FirstLineAsync(reader, "room/none"));
        Assert.That((failure as MoqStreamException)?.Code, Is.EqualTo(MoqErrorCode.NotFound));
        Assert.That(asked, Is.EqualTo(new[] { "room/one", "room/none" }), "The broadcast is kept for the second reader.");
        stop.Cancel();
        Assert.That(await FailureOf(serving), Is.InstanceOf<OperationCanceledException>());

        BroadcastProducer? Open(BroadcastPath name)
        {
            asked.Add($"{name}");
            if (name != "room/one")
                return null;
            var room = publisher.CreateBroadcast();
            _ = OnDemand.ServeTracksAsync(room, track => _ = WriteAsync(track));
            return room;
        }

        async Task WriteAsync(TrackProducer track)
        {
            written.Add(track.Name);
            Peer.Say(track, "hello");
            await track.WaitForNoSubscriberAsync();
            track.Dispose();
        }
    });

    /// <summary>The README says so.</summary>
    [Test]
    public void NameThatIsWithdrawn_TheTracksAreReadToTheirEnds([Values] bool isDisposed) => Run(async (network, publisher, reader) =>
    {
        var broadcast = publisher.CreateBroadcast();
        var track = broadcast.CreateTrack("lines");
        var registration = publisher.Publish("log", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var log = await session.SubscribeAsync("log");
        var read = new List<ulong>();
        var reading = MissedGroups.ReadEveryAsync(log.Track("lines"), read.Add);
        await track.WaitForSubscriberAsync();
        Peer.Say(track, "before");
        (isDisposed ? broadcast : registration).Dispose();
        await log.Closed;
        Peer.Say(track, "after");
        await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(reading.IsCompleted, Is.False);
        track.Finish();
        await reading;
        Assert.That(read, Is.EqualTo(new ulong[] { 0, 1 }));
    });

    [Test]
    public void Datagrams_AreReadAsGroups() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var pointer = broadcast.CreateTrack("pointer");
        using var registration = publisher.Publish("desk", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var desk = await session.SubscribeAsync("desk");
        using var positions = desk.Track("pointer").Open();
        await pointer.WaitForSubscriberAsync();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        var seen = new List<byte[]>();
        Datagrams.Send(pointer, 1, 2);
        Datagrams.Send(pointer, 3, -1);
        pointer.Finish();
        while (await positions.ReadGroupAsync() is { } group)
        {
            await foreach (var frame in group.ReadFramesAsync())
                seen.Add(frame.ToArray());
        }

        Assert.That(seen, Is.EqualTo(new byte[][] { [1, 0, 2, 0], [3, 0, 255, 255] }));
    });

    [Test]
    public void MissedGroups_EndTheReading([Values] bool isMissed) => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        var track = broadcast.CreateTrack("lines");
        using var registration = publisher.Publish("log", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var log = await session.SubscribeAsync("log");
        var read = new List<ulong>();
        var reading = MissedGroups.ReadEveryAsync(log.Track("lines"), read.Add);
        await track.WaitForSubscriberAsync();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        foreach (var sequence in new ulong[] { 0, 1, isMissed ? 3UL : 2 })
        {
            using var group = track.CreateGroup(sequence);
            group.Write("line"u8);
            group.Finish();
        }

        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(20));
        track.Finish();
        var failure = await FailureOf(reading);
        Assert.That((failure as MoqStreamException)?.Code, Is.EqualTo(isMissed ? MoqErrorCode.Evicted : (MoqErrorCode?)null));
        Assert.That(read, Is.EqualTo(isMissed ? new ulong[] { 0, 1 } : [0, 1, 2]));
    });

    [TestCase(false, "A group is kept for 60 s.")]
    [TestCase(true, "The writer waits for the slowest reader.")]
    public void MissedGroups_PropertiesTellWhichKindATrackIs(bool isLossless, string expected) => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        broadcast.CreateTrack("lines", new TrackOptions { Lossless = isLossless, MaxAge = TimeSpan.FromMinutes(1) });
        using var registration = publisher.Publish("log", broadcast);
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var log = await session.SubscribeAsync("log");
        Assert.That(await MissedGroups.DescribeAsync(log.Track("lines")), Is.EqualTo(expected));
    });
}
