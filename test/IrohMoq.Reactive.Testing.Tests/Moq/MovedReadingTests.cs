using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Readings;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Two peers dial each other, and one of the two connections is superseded: the readings on it continue on the other one, and no reader
/// sees a difference.
/// </summary>
public sealed class MovedReadingTests
{
    /// <summary>The time by which the second peer dials later, in thousandths of the latency.</summary>
    private static readonly int[] Skews = [0, 1000, 2000, 2500, 2900, 2990];

    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void BothDialAtOnce_EachReadsALiveAndALosslessTrackOfTheOther(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isSmallerFirst,
        [ValueSource(nameof(Skews))] int skew) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair(new MoqOptions { Protocols = [version] });
        var (first, second) = isSmallerFirst ? (small, great) : (great, small);
        var (one, two) = (new Transmission(scene, first), new Transmission(scene, second));
        var there = first.ConnectAsync(second);
        await scene.PauseAsync(skew * Scene.Latency / 1000);
        var back = second.ConnectAsync(first);
        var reading = new[]
        {
            two.ReadAsync(await there, "live"), two.ReadAsync(await there, "whole"),
            one.ReadAsync(await back, "live"), one.ReadAsync(await back, "whole"),
        };
        foreach (var read in reading)
            Assert.That((await read).Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)), "every group, once, whole");
        await scene.PauseAsync(1);
        Assert.That(
            (one.Whole.ReaderTotals, two.Whole.ReaderTotals),
            Is.EqualTo((new ReaderTotals(0, 1, 0), new ReaderTotals(0, 1, 0))),
            "a reader that moves is not lost");
        Assert.That((small.Closures, great.Closures), Is.EqualTo((Array.Empty<SessionClosed>(), Array.Empty<SessionClosed>())));
        Assert.That(
            (small.Endpoint.Connected.Count, great.Endpoint.Connected.Count), Is.EqualTo((1, 1)), "the other connection is superseded");
    });

    [TestCase("moq-lite-04", "live")]
    [TestCase("moq-lite-05", "live")]
    [TestCase("moq-lite-06", "live")]
    [TestCase("moq-lite-04", "whole")]
    [TestCase("moq-lite-05", "whole")]
    [TestCase("moq-lite-06", "whole")]
    public void PeerDialsOnceMore_WhatIsReadFromItGoesOnOverTheNewSession(string version, string track) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { Protocols = [version] });
        var raw = scene.AddRaw("bob");
        // The same origin is published on two connections, as by a peer that has lost the first one unnoticed.
        var sending = new Transmission(scene, scene.Add("studio"));
        var origin = new OriginProducer(scene.Network.Runtime);
        origin.Publish("studio", sending.Broadcast.Consume());
        await using var first = MoqSession.Connect(await raw.ConnectAsync(alice.Address, [version]), Options(), origin);
        await scene.PauseAsync(0.2);
        var reading = sending.ReadAsync(await OnlyAsync(), track);
        await scene.PauseAsync(1);
        await using var second = MoqSession.Connect(await raw.ConnectAsync(alice.Address, [version]), Options(), origin);
        Assert.That((await reading).Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)), "every group, once, whole");
        Assert.That(alice.Closures.Single().IsSuperseded, Is.True);
        Assert.That((first.Closed.IsCompleted, second.Closed.IsCompleted), Is.EqualTo((true, false)));

        // With the same seed, both connections state the same hop, as those of one process.
        MoqOptions Options() => scene.Options with { Seed = 5 };

        async Task<MoqSession> OnlyAsync()
        {
            await foreach (var sessions in alice.Moq.ReadOpenSessionsAsync())
                return sessions.Single();
            throw new AssertionException("There is no session.");
        }
    });

    [Test]
    public void RetiredConnection_IsClosedSoon() => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var sending = new Transmission(scene, small);
        var (session, loser) = await ReadOverTheLoserAsync(scene, small, great);
        var reading = sending.ReadAsync(session, "whole");
        var began = scene.Seconds;
        while (!loser.Closed.IsCompleted)
            await scene.PauseAsync(0.01);
        Assert.That(scene.Seconds - began, Is.LessThan(2), "A connection without groups is not drained for five seconds.");
        Assert.That(reading.IsCompleted, Is.False);
        Assert.That((await reading).Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)));
    });

    [Test]
    public void GroupThatIsWrittenAcrossTheMove_IsReadAsOne(
        [Values] bool isLossless, [Values(10, 20_000)] int size) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = isLossless });
        using var live = small.Moq.Publish("x", broadcast);
        var (session, loser) = await ReadOverTheLoserAsync(scene, small, great);
        var reading = ReadFramesAsync(await session.SubscribeAsync("x"));
        await track.WaitForSubscriberAsync();
        using (var group = track.AppendGroup())
        {
            for (var frame = 0; frame < 200; frame++)
            {
                await group.WriteAsync(Enumerable.Repeat((byte)frame, size).ToArray());
                await scene.PauseAsync(0.04);
            }

            group.Finish();
        }

        track.Finish();
        Assert.That(loser.Closed.IsCompleted, Is.True);
        Assert.That(await reading, Is.EqualTo(Enumerable.Range(0, 200).Select(frame => (size, (byte)frame, (byte)frame))));
    });

    [Test]
    public void LosslessBulkAtFullSpeed_ArrivesWhole_HoweverSlowTheReader(
        [Values(0, 1, 5)] int pause, [Values(2_000, 60_000)] int size, [Values(1, 40)] int frames) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = small.Moq.Publish("x", broadcast);
        var (session, loser) = await ReadOverTheLoserAsync(scene, small, great);
        var writing = WriteAsync();
        var studio = await session.SubscribeAsync("x");
        var read = 0;
        await foreach (var group in studio.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Sequence }))
        {
            await foreach (var frame in group.ReadFramesAsync())
            {
                Assert.That((group.Sequence, frame.Length, frame.Payload[^1]), Is.EqualTo(((ulong)(read / frames), size, (byte)read)));
                read++;
                await scene.PauseAsync(pause / 1000.0);
            }
        }

        await writing;
        await scene.PauseAsync(1);
        Assert.That(read, Is.EqualTo(1_000));
        Assert.That((track.ReaderTotals, loser.Closed.IsCompleted), Is.EqualTo((new ReaderTotals(0, 1, 0), true)));

        async Task WriteAsync()
        {
            await track.WaitForSubscriberAsync();
            for (var frame = 0; frame < 1_000;)
            {
                using var group = await track.AppendGroupAsync();
                do
                    await group.WriteAsync(Enumerable.Repeat((byte)frame, size).ToArray());
                while (++frame % frames > 0);
                group.Finish();
            }

            track.Finish();
        }
    });

    [Test]
    public void SessionEnds_ReadingFails([Values] bool isByThePublisher) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        _ = new Transmission(scene, small);
        var (session, loser) = await ReadOverTheLoserAsync(scene, small, great);
        var reading = CountAsync(await session.SubscribeAsync(small.Endpoint.Name));
        while (!loser.Closed.IsCompleted)
            await scene.PauseAsync(0.01);
        await (isByThePublisher ? small : great).Moq.DisposeAsync();
        var failure = await Failure.OfAsync<MoqSessionClosedException>(async () => await reading);
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Cancel));
    });

    [Test]
    public void SessionEndsWhileTheReadingMoves_ReadingFails([Range(0, 60, 5)] int milliseconds) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var sending = new Transmission(scene, small);
        var (session, _) = await ReadOverTheLoserAsync(scene, small, great);
        var reading = sending.ReadAsync(session, "whole");
        await scene.PauseAsync(milliseconds / 1000.0);
        session.Close();
        await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That(scene.Network.Trace.Lines, Has.None.Contains("failed and is"));
    });

    [Test]
    public void ReaderLeavesWhileTheReadingMoves_NothingIsLeft([Range(0, 60, 5)] int milliseconds) => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var sending = new Transmission(scene, small);
        var (session, loser) = await ReadOverTheLoserAsync(scene, small, great);
        using var stop = new CancellationTokenSource();
        var reading = sending.ReadAsync(session, "live", stop.Token);
        await scene.PauseAsync(milliseconds / 1000.0);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await reading);
        await scene.PauseAsync(2);
        Assert.That(sending.Live.SubscriberCount, Is.Zero);
        Assert.That(loser.Closed.IsCompleted, Is.True, "It carries no group.");
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void LateGroupOfTheRetiredConnection_DoesNotStopTheOther(
        [Values] bool isBegunBefore) => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var raw = AddRawBelow(scene, bob);
        var (left, stays) = (
            new Completion<HandSubscription>(scene.Network.Runtime), new Completion<HandSubscription>(scene.Network.Runtime));
        var serving = AcceptAsync();
        var session = await bob.Moq.ConnectAsync(raw.Address);
        var broadcast = await session.SubscribeAsync("x");
        var reading = ReadFramesAsync(broadcast);
        var first = await left.WaitAsync();
        await first.AnswerAsync(Everything with { StartGroup = null });
        var before = isBegunBefore ? await first.BeginAsync(0) : null;
        await scene.PauseAsync(0.1);

        // The connection that the smaller id dials stays.
        await using var second = await raw.ConnectAsync(bob.Endpoint.Address, ["moq-lite-03"]);
        _ = HandPublisher.ServeAsync(second, One(stays));
        var next = await stays.WaitAsync();
        await next.AnswerAsync(Everything with { StartGroup = 0 });
        var group = await next.BeginAsync(0);
        await HandSubscription.WriteAsync(group);
        await scene.PauseAsync(0.05);
        var late = await first.BeginAsync(0);
        await HandSubscription.WriteAsync(late);
        await scene.PauseAsync(0.05);
        await HandSubscription.WriteAsync(group);
        group.Finish();
        next.Finish();
        Assert.That(await reading, Has.Count.EqualTo(2));
        session.Close();
        await serving;

        async Task AcceptAsync() => await HandPublisher.ServeAsync(await raw.AcceptAsync(), One(left));

        static Func<HandSubscription, Task> One(Completion<HandSubscription> seen) => subscription =>
        {
            seen.TrySet(subscription);
            return Task.CompletedTask;
        };
    });

    /// <summary>Gets the terms with which a publisher answers for a lossless track.</summary>
    private static DeliveryTerms Everything => new(0, Ordered: true, SubscriptionTerms.Everything);

    private static InMemoryEndpoint AddRawBelow(Scene scene, Player player)
    {
        for (var number = 0; ; number++)
        {
            var raw = scene.AddRaw($"hand {number}", "moq-lite-03");
            if (raw.Id < player.Id)
                return raw;
        }
    }

    /// <summary>Opens a session on the connection of the greater id, which the dial of the smaller id is about to supersede.</summary>
    private static async Task<(MoqSession Session, ITransportConnection Loser)> ReadOverTheLoserAsync(
        Scene scene, Player small, Player great)
    {
        var connecting = great.ConnectAsync(small);
        await scene.PauseAsync(2.9 * Scene.Latency);
        _ = small.ConnectAsync(great);
        var session = await connecting;
        return (session, session.Connection);
    }

    private static async Task<int> CountAsync(BroadcastConsumer broadcast)
    {
        var groups = 0;
        await foreach (var group in broadcast.Track("live").ReadGroupsAsync())
            groups++;
        return groups;
    }

    private static async Task<List<(int Length, byte First, byte Last)>> ReadFramesAsync(BroadcastConsumer broadcast)
    {
        var frames = new List<(int, byte, byte)>();
        await foreach (var group in broadcast.Track("t").ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                frames.Add((frame.Length, frame.Payload[0], frame.Payload[^1]));
        }

        return frames;
    }
}
