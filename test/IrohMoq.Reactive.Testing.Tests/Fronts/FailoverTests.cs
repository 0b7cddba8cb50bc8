using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// What is read of a broadcast that two relays forward goes on over the other one, whatever happens to the one that is used: every group
/// arrives, once, whole.
/// </summary>
public sealed class FailoverTests
{
    private static readonly string[] Versions = TwoRelays.Versions;

    [Test]
    public void RelayLeaves([ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        var began = relays.Scene.Seconds;
        await relays.Used.Player.Moq.ShutdownAsync();
        Assert.That(relays.Scene.Seconds - began, Is.LessThan(1), "The reading moves when the relay asks, not when it closes.");
        TwoRelays.AssertWhole(await reading);
    });

    /// <summary>The session has another connection soon, and goes on with it; the reading does not wait for that.</summary>
    [Test]
    public void RelayAsksTheReaderToLeave([ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        var used = relays.Used;
        var there = await SessionAsync(used.Player, relays.Reader);
        Assert.That(await there.GoAwayAsync(timeout: TimeSpan.FromSeconds(5)), Is.True);
        Assert.That(relays.Used, Is.Not.SameAs(used));
        TwoRelays.AssertWhole(await reading);
        Assert.That(used.Session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void SessionIsClosed([ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        relays.Used.Session.Close();
        TwoRelays.AssertWhole(await reading);
    });

    [Test]
    public void RelayIsLostWithoutAWord([ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        relays.Scene.Network.Kill(relays.Used.Player.Moq);
        TwoRelays.AssertWhole(await reading);
    });

    [Test]
    public void RelayWithdrawsTheBroadcast([ValueSource(nameof(Versions))] string version, [Values("live", "whole")] string track) =>
        TwoRelays.Run(version, async relays =>
        {
            var reading = await relays.BeginAsync(track);
            var used = relays.Used;
            used.Publication.Dispose();
            await relays.Scene.PauseAsync(0.2);
            Assert.That(relays.Used, Is.Not.SameAs(used), "It is read over the other relay now.");
            TwoRelays.AssertWhole(await reading);
            Assert.That(used.Session.Closed.IsCompleted, Is.False);
        });

    /// <summary>
    /// The publisher keeps no group of a lossless track that the slow relay has taken, so that the other relay cannot deliver it: it is
    /// awaited from the slow one.
    /// </summary>
    [Test]
    public void RelayThatWithdrawsIsSlow_NothingOfALosslessTrackIsLost([ValueSource(nameof(Versions))] string version) =>
        TwoRelays.Run(version, async relays =>
        {
            using var track = relays.Sending.Broadcast.CreateTrack("small", new TrackOptions { Lossless = true });
            var reading = ReadFramesAsync((await relays.SubscribeAsync()).Track("small"));
            await track.WaitForSubscriberAsync();
            var (slow, network) = (relays.Used, relays.Scene.Network);
            for (var number = 0; number < 200; number++)
            {
                using (var group = await track.AppendGroupAsync())
                {
                    await group.WriteAsync(new[] { (byte)number });
                    group.Finish();
                }

                await relays.Scene.PauseAsync(Scene.Latency / 3);
                if (number == 100)
                    slow.Publication.Dispose();
                else if (number == 104)
                    network.Partition(slow.Player.Moq, relays.Reader.Moq);
            }

            track.Finish();
            network.Heal(slow.Player.Moq, relays.Reader.Moq);
            Assert.That(await reading, Is.EqualTo(Enumerable.Range(0, 200)));
        });

    [Test]
    public void RelayLosesThePublisher([ValueSource(nameof(Versions))] string version, [Values] bool isByThePublisher) =>
        TwoRelays.Run(version, async relays =>
        {
            var reading = await relays.BeginAsync("live");
            if (isByThePublisher)
                (await SessionAsync(relays.Publisher, relays.Used.Player)).Close();
            else
                relays.Used.Upstream.Close();
            TwoRelays.AssertWhole(await reading);
        });

    /// <summary>The publisher of a lossless track keeps nothing that the lost relay had received and had not passed on.</summary>
    [Test]
    public void LosslessTrack_ArrivesWhole_OrFailsWhenSomethingIsLostWithTheRelay(
        [ValueSource(nameof(Versions))] string version, [Range(0, 3)] int way) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("whole");
        var used = relays.Used;
        switch (way)
        {
            case 0:
                await used.Player.Moq.ShutdownAsync();
                break;
            case 1:
                used.Session.Close();
                break;
            case 2:
                relays.Scene.Network.Kill(used.Player.Moq);
                break;
            default:
                used.Upstream.Close();
                break;
        }

        try
        {
            TwoRelays.AssertWhole(await reading);
        }
        catch (MoqException lost)
        {
            Assert.That(lost.Message, Does.Contain("whole"));
        }
    });

    [Test]
    public void RelayComesBack_AndIsUsedWhenTheOtherIsLost(
        [ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        relays.Used.Session.Close();
        await relays.Scene.PauseAsync(0.5);
        var second = relays.Used;
        var third = await relays.AddAsync("relay c");
        await relays.Scene.PauseAsync(0.5);
        Assert.That(relays.Used, Is.SameAs(second), "A running reading does not move for a better source.");
        second.Session.Close();
        await relays.Scene.PauseAsync(0.5);
        Assert.That(relays.Used, Is.SameAs(third));
        TwoRelays.AssertWhole(await reading);
    });

    [Test]
    public void MoqLite03_DoesNotKnowTheOrigin_SoTheReadingEndsWithItsSession() => TwoRelays.Run("moq-lite-03", async relays =>
    {
        var reading = await relays.BeginAsync("live");
        relays.Used.Session.Close();
        await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That(await Transmission.ReadAsync(await relays.SubscribeAsync(), "live"), Is.Not.Empty, "It is to be asked for again.");
    });

    [Test]
    public void GroupAcrossTheMove_IsReadAsOne([ValueSource(nameof(Versions))] string version, [Values] bool isLost) =>
        TwoRelays.Run(version, async relays =>
        {
            using var track = relays.Sending.Broadcast.CreateTrack("slow");
            var reading = ReadFramesAsync((await relays.SubscribeAsync()).Track("slow"));
            await track.WaitForSubscriberAsync();
            using (var group = track.AppendGroup())
            {
                for (var frame = 0; frame < 100; frame++)
                {
                    await group.WriteAsync(new[] { (byte)frame });
                    await relays.Scene.PauseAsync(0.02);
                    if (frame == 50 && isLost)
                        relays.Used.Upstream.Close();
                    else if (frame == 50)
                        relays.Used.Publication.Dispose();
                }

                group.Finish();
            }

            track.Finish();
            Assert.That(await reading, Is.EqualTo(Enumerable.Range(0, 100)));
        });

    [Test]
    public void NoRelayIsLeft_TheReadingFails([ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var reading = await relays.BeginAsync("live");
        var broadcast = await relays.SubscribeAsync();
        relays.Other.Session.Close();
        relays.Used.Session.Close();
        await Failure.OfAsync<MoqException>(async () => await reading);
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
    });

    private static async Task<MoqSession> SessionAsync(Player of, Player with)
    {
        await foreach (var sessions in of.Moq.ReadOpenSessionsAsync())
            return sessions.Single(session => session.RemoteId == with.Id);
        throw new AssertionException("The peer has no session.");
    }

    private static async Task<List<int>> ReadFramesAsync(TrackConsumer track)
    {
        var frames = new List<int>();
        await foreach (var group in track.ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                frames.Add(frame.Payload[0]);
        }

        return frames;
    }
}
