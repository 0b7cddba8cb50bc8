using System.Text.Json;
using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Checks where a subscription of moq-lite-06 begins and ends within groups: the part of the vectors named positions, on both sides.
/// </summary>
public sealed class PositionVectorTests
{
    private const MoqVersion Version = MoqVersion.Lite06;
    private const int FramesOfGroup = 20;

    public static readonly object[] Versions = [.. MoqVersions.Known.Cast<object>()];

    private static IEnumerable<TestCaseData> All() => Vectors.OfSessions("positions").Select(Vectors.Case);

    private static IEnumerable<TestCaseData> Right() =>
        Vectors.OfSessions("positions").Where(static vector => !vector.TryGetProperty("error", out _)).Select(Vectors.Case);

    /// <summary>A group that has fewer frames than those before the requested one is skipped as a whole.</summary>
    [TestCaseSource(nameof(Right))]
    public void Publisher_BeginsAtThePosition(JsonElement vector) => HandPeer.Run(
        Version,
        async peer =>
        {
            var (groupStart, frameStart) = (vector.Number("groupStart")!.Value, vector.Number("frameStart")!.Value);
            var (ok, firstFrame) = (vector.Number("ok")!.Value, vector.Number("firstFrame")!.Value);
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.MaxValue });
            for (var sequence = 0UL; sequence <= ok; sequence++)
                Write(track, sequence, sequence == groupStart && sequence < ok && frameStart > 0 ? (int)frameStart - 1 : FramesOfGroup);
            peer.Session.Publish("a", broadcast);
            var subscription = await peer.SubscribeAsync(new DeliveryTerms(
                MaxLatency: frameStart > 0 ? 1_000_000UL : 0, StartGroup: groupStart, FrameStart: frameStart));
            await peer.PauseAsync(1);
            Assert.That(subscription.Start(Version), Is.EqualTo(ok));
            var group = peer.Groups.Single();
            Assert.That((group.Sequence, group.Header.FrameStart), Is.EqualTo((ok, firstFrame)));
            Assert.That(group.Frames, Is.EqualTo(Indices((int)firstFrame, FramesOfGroup)));
            Assert.That(group.End, Is.EqualTo("fin"));
            Write(track, ok + 1, 2);
            await peer.PauseAsync(1);
            Assert.That((peer.Groups.Last().Sequence, peer.Groups.Last().Header.FrameStart), Is.EqualTo((ok + 1, 0UL)));
        },
        isServer: true);

    [TestCase(14, "reset(51)", TestName = "Publisher_ResetsAGroupThatEndsBeforeTheRequestedFrame")]
    [TestCase(15, "fin", TestName = "Publisher_SendsNothingOfAGroupThatEndsAtTheRequestedFrame")]
    [TestCase(16, "fin", TestName = "Publisher_SendsTheRequestedFrameWhenItIsWritten")]
    public void OpenGroup(int frames, string end) => HandPeer.Run(
        Version,
        async peer =>
        {
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t");
            var group = track.CreateGroup(5);
            Write(group, 0, 10);
            peer.Session.Publish("a", broadcast);
            var subscription = await peer.SubscribeAsync(new DeliveryTerms(MaxLatency: 10_000, StartGroup: 5, FrameStart: 15));
            await peer.PauseAsync(1);
            Assert.That(subscription.Start(Version), Is.EqualTo(5));
            Write(group, 10, frames);
            group.Finish();
            await peer.PauseAsync(1);
            var sent = peer.Groups.Single();
            Assert.That((sent.Sequence, sent.Header.FrameStart), Is.EqualTo((5UL, 15UL)));
            Assert.That(sent.Frames, Is.EqualTo(Indices(15, frames)));
            Assert.That(sent.End, Is.EqualTo(end));
        },
        isServer: true);

    /// <summary>The end of a subscription is no end of the track: the subscription waits for an update.</summary>
    [Test]
    public void Publisher_EndsAfterTheLastFrame([Values] bool isWritten) => HandPeer.Run(
        Version,
        async peer =>
        {
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t");
            Write(track, 4, 5);
            var group = track.CreateGroup(5);
            Write(group, 0, isWritten ? 5 : 2);
            peer.Session.Publish("a", broadcast);
            var terms = new DeliveryTerms(MaxLatency: 10_000, StartGroup: 4, EndGroup: 5, FrameEnd: 2);
            var subscription = await peer.SubscribeAsync(terms);
            await peer.PauseAsync(1);
            if (!isWritten)
            {
                Assert.That(peer.Groups.Last().End, Is.Null);
                Write(group, 2, 3);
            }

            Write(track, 6, 5);
            await peer.PauseAsync(1);
            Assert.That(peer.Groups.Select(static one => one.Sequence), Is.EqualTo(new[] { 4UL, 5UL }));
            Assert.That(peer.Groups.First().Frames, Is.EqualTo(Indices(0, 5)), "the bound is that of the last group alone");
            Assert.That(peer.Groups.Last().Frames, Is.EqualTo(Indices(0, 3)));
            Assert.That(peer.Groups.Last().End, Is.EqualTo("fin"));
            Assert.That(subscription.End, Is.Null);
            Assert.That(subscription.Answers(Version), Has.Count.EqualTo(1));
            await subscription.Send!.WriteUpdateAsync(terms with { EndGroup = 6, FrameEnd = 0 }, Version);
            await peer.PauseAsync(1);
            Assert.That(peer.Groups.Last().Sequence, Is.EqualTo(6));
            Assert.That(peer.Groups.Last().Frames, Is.EqualTo(Indices(0, 1)));
        },
        isServer: true);

    /// <summary>An update replaces all fields for what is sent from then on.</summary>
    [Test]
    public void Update_ChangesTheFirstFrameOfAGroupThatHasNotBegun() => HandPeer.Run(
        Version,
        static async peer =>
        {
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t");
            Write(track, 0, 5);
            peer.Session.Publish("a", broadcast);
            var terms = new DeliveryTerms(MaxLatency: 10_000, StartGroup: 5, FrameStart: 3);
            var subscription = await peer.SubscribeAsync(terms);
            await peer.PauseAsync(1);
            await subscription.Send!.WriteUpdateAsync(terms with { FrameStart = 2 }, Version);
            await peer.PauseAsync(1);
            Write(track, 5, 5);
            await peer.PauseAsync(1);
            Assert.That(peer.Groups.Single().Header, Is.EqualTo(new GroupHeader(0, 5, 2)));
            await subscription.Send!.WriteUpdateAsync(terms with { StartGroup = 0, FrameStart = 1 }, Version);
            await peer.PauseAsync(1);
            Assert.That(peer.Groups.Last().Header, Is.EqualTo(new GroupHeader(0, 0, 1)), "a lower position adds groups");
            Assert.That(peer.Groups.Last().Frames, Is.EqualTo(Indices(1, 5)));
            Assert.That(peer.Groups.Count(), Is.EqualTo(2));
        },
        isServer: true);

    /// <summary>A publisher that begins at another position than a lower group does what the reader has asked for.</summary>
    [TestCaseSource(nameof(All))]
    public void Reader_AsksForThePosition_AndReadsFromThere(JsonElement vector) => HandPeer.Run(Version, async peer =>
    {
        var (groupStart, frameStart) = (vector.Number("groupStart")!.Value, vector.Number("frameStart")!.Value);
        var ok = vector.Number("ok")!.Value;
        var reading = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(groupStart), FirstFrame = (int)frameStart });
        var subscription = await peer.SubscribedAsync();
        var asked = subscription.Asked(Version);
        Assert.That((asked.StartGroup, asked.FrameStart), Is.EqualTo((groupStart, frameStart)));
        await subscription.AnswerAsync(ok, Version);
        if (vector.TryGetProperty("error", out var error))
        {
            await peer.PauseAsync(1);
            Assert.That(error.GetString(), Is.EqualTo("violation on this subscription"));
            Assert.That(await reading, Is.EqualTo($"{MoqErrorCode.ProtocolViolation}"));
            Assert.That(subscription.End, Is.EqualTo("reset(0)"));
            Assert.That(peer.Session.Closed.IsCompleted, Is.False);
            return;
        }

        var first = (int)vector.Number("firstFrame")!.Value;
        await peer.SendGroupAsync(0, ok, frames: 2, first);
        await peer.SendGroupAsync(0, ok + 1, frames: 2);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(ok + 2, Version);
        subscription.Send!.Finish();
        Assert.That(await reading, Is.EqualTo($"{ok}:{first},{first + 1} {ok + 1}:0,1 end"));
    });

    /// <summary>Up to moq-lite-05 there are no frame bounds: whole groups come, and the reader does not see the other frames.</summary>
    [Test]
    public void Reader_ReadsTheFramesThatItNeeds_OnEveryVersion([ValueSource(nameof(Versions))] object boxed) => HandPeer.Run(
        (MoqVersion)boxed,
        static async peer =>
        {
            var isAsked = peer.Version == Version;
            var options = new SubscribeOptions { Start = GroupStart.From(5), FirstFrame = 3, End = 6, LastFrame = 1 };
            var reading = peer.ReadAsync(options);
            var subscription = await peer.SubscribedAsync();
            var asked = subscription.Asked(peer.Version);
            Assert.That(
                (asked.StartGroup, asked.FrameStart, asked.EndGroup, asked.FrameEnd),
                Is.EqualTo(((ulong?)5, isAsked ? 3UL : 0, (ulong?)6, isAsked ? (ulong?)1 : null)));
            if (peer.Version.HasTrackInfo)
                await subscription.AnswerAsync(5, peer.Version);
            else
                await subscription.Send!.WriteOkAsync(new DeliveryTerms(0, true, 10_000, 5), peer.Version);
            await peer.SendGroupAsync(0, 5, frames: isAsked ? 2 : 5, first: isAsked ? 3 : 0);
            await peer.SendGroupAsync(0, 6, frames: isAsked ? 2 : 5);
            await peer.PauseAsync(1);
            Assert.That(await reading, Is.EqualTo("5:3,4 6:0,1 end"));
            Assert.That(subscription.End, Is.EqualTo("fin"), "the reading is over although the publisher has not ended anything");
        });

    /// <summary>The missing frames come on no other stream.</summary>
    [Test]
    public void ReaderThatNeedsTheWholeGroup_SkipsOneThatWasAskedForFromAFrameOn() => HandPeer.Run(Version, static async peer =>
    {
        var middle = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(5), FirstFrame = 3 });
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(5, Version);
        var group = await peer.BeginGroupAsync(0, 5, frames: 1, first: 3);
        await peer.PauseAsync(0.1);
        var whole = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(5) });
        var latest = peer.ReadAsync();
        await peer.PauseAsync(0.1);
        Assert.That(subscription.Updates(Version).Last().FrameStart, Is.Zero, "a group that has not begun would come as a whole");
        group.Finish();
        await peer.SendGroupAsync(0, 6, frames: 2);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(7, Version);
        subscription.Send!.Finish();
        Assert.That(await middle, Is.EqualTo("5:3 6:0,1 end"));
        Assert.That(await whole, Is.EqualTo("6:0,1 end"));
        Assert.That(await latest, Is.EqualTo("6:0,1 end"));
    });

    [Test]
    public void GroupWhoseHeadNobodyHasDeclined_FailsAlone() => HandPeer.Run(Version, static async peer =>
    {
        var reading = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(5), FirstFrame = 2 });
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(5, Version);
        await peer.SendGroupAsync(0, 5, frames: 1, first: 3);
        await peer.SendGroupAsync(0, 6, frames: 1, first: 2);
        await peer.SendGroupAsync(0, 7);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(8, Version);
        subscription.Send!.Finish();
        Assert.That(await reading, Is.EqualTo($"5:{MoqErrorCode.Lagged} 6:{MoqErrorCode.Lagged} 7:0 end").Or.EqualTo(
            $"6:{MoqErrorCode.Lagged} 7:0 end"));
    });

    /// <summary>The publisher ends the stream of the group after the last frame that was asked for, as if the group had no more.</summary>
    [Test]
    public void LaterReader_DoesNotTakeTheLastRequestedFrameForTheEndOfTheGroup() => HandPeer.Run(Version, static async peer =>
    {
        var options = new SubscribeOptions { Start = GroupStart.From(5), End = 5, LastFrame = 1 };
        await using var remote = await peer.Session.SubscribeAsync(HandPeer.Broadcast);
        using var bounded = remote.Track("t").Open(options);
        var taken = bounded.ReadGroupAsync();
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(5, Version);
        await peer.SendGroupAsync(0, 5, frames: 2);
        await peer.PauseAsync(0.1);
        var later = peer.ReadAsync(new SubscribeOptions { Start = GroupStart.From(5) });
        await peer.PauseAsync(0.1);
        Assert.That(subscription.Updates(Version).Last(), Has.Property("EndGroup").Null.And.Property("FrameEnd").Null);
        var frames = new List<byte>();
        await foreach (var frame in (await taken)!.ReadFramesAsync())
            frames.Add(frame.Payload[0]);
        Assert.That(frames, Is.EqualTo(new byte[] { 0, 1 }), "the reader that needs no more sees a whole reading");
        await subscription.EndAsync(6, Version);
        subscription.Send!.Finish();
        Assert.That(await later, Is.EqualTo($"5:0,1,{MoqErrorCode.Evicted} end"));
    });

    /// <summary>A relay that is asked for a position asks its own publisher for it.</summary>
    [Test]
    public void Relay_PassesThePositionOn() => HandPeer.Run(Version, static async publisher =>
    {
        var reader = await publisher.AddAsync(isServer: true);
        await using var remote = await publisher.Session.SubscribeAsync(HandPeer.Broadcast);
        using var live = reader.Session.Publish("a", remote);
        var downstream = await reader.SubscribeAsync(
            new DeliveryTerms(MaxLatency: 10_000, StartGroup: 5, EndGroup: 5, FrameStart: 3, FrameEnd: 4));
        var upstream = await publisher.SubscribedAsync();
        var asked = upstream.Asked(Version);
        Assert.That(
            (asked.StartGroup, asked.FrameStart, asked.EndGroup, asked.FrameEnd),
            Is.EqualTo(((ulong?)5, 3UL, (ulong?)5, (ulong?)4)));
        await upstream.AnswerAsync(5, Version);
        await publisher.SendGroupAsync(0, 5, frames: 2, first: 3);
        await publisher.PauseAsync(1);
        Assert.That(downstream.Start(Version), Is.EqualTo(5));
        var group = reader.Groups.Single();
        Assert.That((group.Sequence, group.Header.FrameStart, group.End), Is.EqualTo((5UL, 3UL, "fin")));
        Assert.That(group.Frames, Is.EqualTo(Indices(3, 5)));
        await reader.EndAsync();
    });

    private static void Write(TrackProducer track, ulong sequence, int frames)
    {
        using var group = track.CreateGroup(sequence);
        Write(group, 0, frames, (long)sequence);
        group.Finish();
    }

    private static void Write(GroupProducer group, int from, int to, long seconds = 0)
    {
        for (var i = from; i < to; i++)
            group.Write([(byte)i], TimeSpan.FromMilliseconds((seconds * 1000) + i));
    }

    private static IEnumerable<string> Indices(int from, int to) =>
        Enumerable.Range(from, Math.Max(0, to - from)).Select(static index => $"{index:x2}");
}
