using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Checks how long a reading waits, after the publisher has ended the subscription, for groups that the end of the track shows to be
/// missing.
/// </summary>
public sealed class TailTests
{
    public static readonly object[] Versions = [MoqVersion.Lite05, MoqVersion.Lite06];

    [Test]
    public void LastGroup_MayComeLater([ValueSource(nameof(Versions))] object boxed) => HandPeer.Run((MoqVersion)boxed, static async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await EndAsync(peer, 2);
        await peer.PauseAsync(3);
        Assert.That(reading.IsCompleted, Is.False, "the publisher keeps groups for 5 s");
        await peer.SendGroupAsync(0, 1);
        await peer.PauseAsync(0.05);
        Assert.That(reading.IsCompleted, Is.True, "with the last group, there is nothing to wait for");
        Assert.That(await reading, Is.EqualTo("0:0 1:0 end"));
        Assert.That(subscription.Stopped, Is.EqualTo("fin"));
    });

    [Test]
    public void LastGroup_MayComeAsADatagram([ValueSource(nameof(Versions))] object boxed) => HandPeer.Run((MoqVersion)boxed, async peer =>
    {
        var reading = peer.ReadAsync();
        await EndAsync(peer, 2);
        await peer.PauseAsync(1);
        peer.SendDatagram(0, 1);
        await peer.PauseAsync(0.05);
        Assert.That(reading.IsCompleted, Is.True);
        Assert.That(await reading, Is.EqualTo("0:0 1:empty end"));
    });

    [TestCase(5000UL, null, 5.0, TestName = "MissingGroup_IsWaitedFor_AsLongAsThePublisherKeepsGroups")]
    [TestCase(5000UL, 2000, 2.0, TestName = "MissingGroup_IsWaitedFor_AsLongAsTheReaderAccepts")]
    [TestCase(5000UL, 0, 1.0, TestName = "MissingGroup_IsWaitedForOneSecond_ByAReaderOfTheNewest")]
    [TestCase(0UL, null, 1.0, TestName = "MissingGroup_IsWaitedForOneSecond_IfThePublisherKeepsOnlyTheNewest")]
    [TestCase((1UL << 53) - 1, null, 10.0, TestName = "MissingGroup_IsWaitedForTenSeconds_IfNothingExpires")]
    public void MissingGroup(ulong publisher, int? reader, double seconds)
    {
        foreach (var version in Versions)
        {
            HandPeer.Run((MoqVersion)version, async peer =>
            {
                peer.Info = peer.Info with { MaxLatency = publisher };
                var latency = reader is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : (TimeSpan?)null;
                var reading = peer.ReadAsync(new SubscribeOptions { MaxLatency = latency });
                await EndAsync(peer, 2);
                await peer.PauseAsync(seconds - 0.2);
                Assert.That(reading.IsCompleted, Is.False);
                await peer.PauseAsync(0.5);
                Assert.That(reading.IsCompleted, Is.True);
                Assert.That(await reading, Is.EqualTo("0:0 end"));
            });
        }
    }

    /// <summary>A group that is missing since a later one has come has a part of its time behind it when the track ends.</summary>
    [TestCase(1.0, 4.0)]
    [TestCase(4.0, 1.0)]
    [TestCase(20.0, 0.25)]
    public void GroupThatIsMissingForSomeTime_IsWaitedForTheRestOfItsTime(double before, double after)
    {
        foreach (var version in Versions)
        {
            HandPeer.Run((MoqVersion)version, async peer =>
            {
                var reading = peer.ReadAsync();
                var subscription = await peer.SubscribedAsync();
                await subscription.AnswerAsync(0, peer.Version);
                await peer.SendGroupAsync(0, 0);
                await peer.SendGroupAsync(0, 2);
                await peer.PauseAsync(before);
                await subscription.EndAsync(3, peer.Version);
                subscription.Send!.Finish();
                await peer.PauseAsync(after - 0.1);
                Assert.That(reading.IsCompleted, Is.False, "it has not expired");
                await peer.PauseAsync(0.2);
                Assert.That(reading.IsCompleted, Is.True);
                Assert.That(await reading, Is.EqualTo("0:0 2:0 end"));
            });
        }
    }

    /// <summary>A group that comes in the time that is left is read.</summary>
    [Test]
    public void GroupThatIsMissingForSomeTime_MayComeAfterTheEnd([ValueSource(nameof(Versions))] object boxed) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var reading = peer.ReadAsync();
            var subscription = await peer.SubscribedAsync();
            await subscription.AnswerAsync(0, peer.Version);
            await peer.SendGroupAsync(0, 0);
            await peer.SendGroupAsync(0, 2);
            await peer.PauseAsync(4);
            await subscription.EndAsync(3, peer.Version);
            subscription.Send!.Finish();
            await peer.PauseAsync(0.9);
            await peer.SendGroupAsync(0, 1);
            await peer.PauseAsync(0.05);
            Assert.That(reading.IsCompleted, Is.True);
            Assert.That(await reading, Is.EqualTo("0:0 2:0 1:0 end"));
        });

    /// <summary>
    /// Nobody reports a lost datagram. A reading up to a last group waits for it until it would have expired, and not for the end of the
    /// track.
    /// </summary>
    [TestCase(5000UL, null, 5.0)]
    [TestCase(5000UL, 2000, 2.0)]
    [TestCase(0UL, null, 1.0)]
    [TestCase((1UL << 53) - 1, null, 10.0)]
    public void DatagramThatIsMissingBeforeTheLastGroup_IsWaitedForUntilItWouldHaveExpired(ulong publisher, int? reader, double seconds)
    {
        foreach (var version in Versions)
        {
            HandPeer.Run((MoqVersion)version, async peer =>
            {
                peer.Info = peer.Info with { MaxLatency = publisher };
                var latency = reader is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : (TimeSpan?)null;
                var reading = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(0), End = 3, MaxLatency = latency });
                var subscription = await peer.SubscribedAsync();
                await subscription.AnswerAsync(0, peer.Version);
                peer.SendDatagram(0, 0);
                await peer.PauseAsync(3);
                peer.SendDatagram(0, 2);
                await peer.PauseAsync(0.01);
                peer.SendDatagram(0, 3);
                await peer.PauseAsync(seconds - 0.2);
                Assert.That(reading.IsCompleted, Is.False, "it may come");
                await peer.PauseAsync(0.4);
                Assert.That(reading.IsCompleted, Is.True, "the track goes on");
                Assert.That(await reading, Is.EqualTo("0:empty 2:empty 3:empty end"));
                Assert.That(subscription.End, Is.EqualTo("fin"), "there is no reader any more");
            });
        }
    }

    /// <summary>A group that is not waited for any more was missed, however short the time was for which it could have been late.</summary>
    [Test]
    public void DatagramThatIsWaitedForNoMore_WasMissed(
        [ValueSource(nameof(Versions))] object boxed,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order,
        [Values] MissedGroupPolicy policy) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var options = new SubscribeOptions
            {
                Order = order, Start = GroupStart.From(0), End = 3, MaxLatency = TimeSpan.FromSeconds(0.5), MissedGroupPolicy = policy,
            };
            // The groups are 1 ms apart, so that none is too old.
            peer.Info = peer.Info with { Timescale = 1_000_000 };
            await using var remote = await peer.Session.SubscribeAsync(HandPeer.Broadcast);
            using var reader = remote.Track("t").Open(options);
            var reading = ReadAsync(reader);
            var subscription = await peer.SubscribedAsync();
            await subscription.AnswerAsync(0, peer.Version);
            foreach (var group in new ulong[] { 0, 2, 3 })
                peer.SendDatagram(0, group);
            await peer.PauseAsync(0.4);
            Assert.That(reading.IsCompleted, Is.False);
            await peer.PauseAsync(0.2);
            Assert.That(reading.IsCompleted, Is.True);
            var how = policy == MissedGroupPolicy.Skip ? "end" : $"{MoqErrorCode.Evicted}";
            Assert.That(await reading, Does.StartWith("0 ").And.EndsWith(how));
            Assert.That(reader.Skipped, Is.EqualTo(1));
        });

    /// <summary>A datagram may be late, and a group on a stream comes or is reported, however long it takes.</summary>
    [Test]
    public void GroupThatIsMissingBeforeTheLastGroup_MayCome([ValueSource(nameof(Versions))] object boxed, [Values] bool isDatagram) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var reading = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(0), End = 3 });
            var subscription = await peer.SubscribedAsync();
            await subscription.AnswerAsync(0, peer.Version);
            foreach (var group in new ulong[] { 0, 2, 3 })
            {
                if (isDatagram)
                    peer.SendDatagram(0, group);
                else
                    await peer.SendGroupAsync(0, group);
            }

            await peer.PauseAsync(isDatagram ? 4.5 : 30);
            Assert.That(reading.IsCompleted, Is.False);
            await peer.SendGroupAsync(0, 1);
            await peer.PauseAsync(0.05);
            Assert.That(reading.IsCompleted, Is.True);
            Assert.That(await reading, Does.EndWith(" 1:0 end"));
        });

    /// <summary>What the publisher reports as dropped, or what the reader has not asked for, is not missing.</summary>
    [Test]
    public void GroupThatIsAccountedFor_IsNotWaitedFor([ValueSource(nameof(Versions))] object boxed, [Values] bool isDropped) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            var reading = peer.ReadAsync(isDropped ? null : new SubscribeOptions { Start = GroupStart.From(0), End = 1 });
            var subscription = await peer.SubscribedAsync();
            await subscription.AnswerAsync(0, peer.Version);
            await peer.SendGroupAsync(0, 0);
            if (isDropped)
                await subscription.Send!.WriteAsync(new SubscribeDrop(1, 2, 0), peer.Version);
            else
                await peer.BeginGroupAsync(0, 1);
            await peer.PauseAsync(0.1);
            await subscription.EndAsync(3, peer.Version);
            subscription.Send!.Finish();
            await peer.PauseAsync(0.5);
            if (!isDropped)
                Assert.That(reading.IsCompleted, Is.False, "the group that has begun comes to its end");
            else
                Assert.That(await reading, Is.EqualTo("0:0 end"));
            peer.Session.Close();
            await reading;
        });

    /// <summary>Neither a reader that leaves nor the end of the connection is held up by groups that do not come.</summary>
    [Test]
    public void Wait_EndsWithTheReaders_AndWithTheConnection([ValueSource(nameof(Versions))] object boxed, [Values] bool leaves) =>
        HandPeer.Run((MoqVersion)boxed, async peer =>
        {
            await using var remote = await peer.Session.SubscribeAsync(HandPeer.Broadcast);
            var reader = remote.Track("t").Open();
            var first = reader.ReadGroupAsync();
            var subscription = await EndAsync(peer, 2);
            Assert.That((await first)?.Sequence, Is.Zero);
            var next = reader.ReadGroupAsync();
            await peer.PauseAsync(1);
            if (leaves)
                reader.Dispose();
            else
                peer.Connection.Close(0, "");
            await peer.PauseAsync(0.1);
            Assert.That(next.IsCompleted, Is.True);
            if (leaves)
                Assert.That(async () => await next, Throws.InstanceOf<ObjectDisposedException>());
            else
                Assert.That(await next, Is.Null, "the publisher has ended the track before");
            Assert.That(subscription.End, Is.EqualTo(leaves ? "fin" : "closed"));
            Assert.That(peer.Session.Shared.Connections.Preferred.Carried.Value, Is.Zero);
            reader.Dispose();
        });

    /// <summary>A relay tells its subscribers what the publisher has told, also that it keeps the newest group only.</summary>
    [Test]
    public void AgeOfThePublisher_IsRelayed([ValueSource(nameof(Versions))] object boxed, [Values(0UL, 1UL, 5000UL)] ulong age) =>
        HandPeer.Run((MoqVersion)boxed, async publisher =>
        {
            publisher.Info = publisher.Info with { MaxLatency = age };
            var reader = await publisher.AddAsync(isServer: true);
            await using var remote = await publisher.Session.SubscribeAsync(HandPeer.Broadcast);
            using var live = reader.Session.Publish("a", remote);
            using var reading = remote.Track("t").Open();
            await publisher.PauseAsync(0.1);
            var request = new TrackRequest("a", "t");
            var bytes = new byte[request.MaxEncodedSize];
            var asked = await reader.OpenAsync(Convert.ToHexString(bytes, 0, request.EncodeOpening(bytes, reader.Version)));
            await publisher.PauseAsync(0.1);
            Assert.That(TrackInfo.TryRead(asked.Received, reader.Version, out var info, out _), Is.True);
            Assert.That(info.MaxLatency, Is.EqualTo(age));
            await reader.EndAsync();
        });

    private static async Task<HandStream> EndAsync(HandPeer peer, ulong end)
    {
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(0, peer.Version);
        await peer.SendGroupAsync(0, 0);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(end, peer.Version);
        subscription.Send!.Finish();
        return subscription;
    }

    private static async Task<string> ReadAsync(TrackReader reader)
    {
        var seen = "";
        try
        {
            while (await reader.ReadGroupAsync() is { } group)
                seen += $"{group.Sequence} ";
            return seen + "end";
        }
        catch (MoqStreamException failure)
        {
            return seen + failure.Code;
        }
    }
}
