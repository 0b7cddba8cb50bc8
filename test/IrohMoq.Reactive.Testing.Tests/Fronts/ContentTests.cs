using System.Reactive.Linq;
using System.Text;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Which broadcast has a name that several peers announce: what has another origin is other content, and so is what was published anew.
/// </summary>
public sealed class ContentTests
{
    private const string Name = TwoRelays.Name;

    private static readonly string[] Versions = TwoRelays.Versions;

    [Test]
    public void OtherContent_DoesNotContinueAReading([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var first = await Route.OpenAsync(scene, reader, scene.Saying("first"), origin: 1, version);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        var heard = HearAllAsync(broadcast);
        await scene.PauseAsync(1);
        using var second = await Route.OpenAsync(scene, reader, scene.Saying("second"), origin: 2, version);
        await first.Session.DisposeAsync();
        var failure = await Failure.OfAsync<MoqException>(async () => await heard);
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
        Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("second"));
    });

    [Test]
    public void OtherContent_HasTheNameWhileItLasts_AndWhatWasReadGoesOn() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var instances = new List<BroadcastConsumer>();
        using var watching = reader.Moq.WatchBroadcast(Name).Subscribe(instances.Add);
        var told = scene.Broadcast();
        var track = told.CreateTrack("t");
        using var first = await Route.OpenAsync(scene, reader, told, origin: 1);
        var heard = HearAllAsync(await reader.Moq.SubscribeAsync(Name));
        Scene.Say(track, "before");
        await scene.PauseAsync(1);
        using (await Route.OpenAsync(scene, reader, scene.Saying("second"), origin: 2))
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("second"));
        await scene.PauseAsync(1);
        Scene.Say(track, "after");
        track.Finish();
        Assert.That(await heard, Is.EqualTo(new[] { "before", "after" }));
        Assert.That(instances, Has.Count.EqualTo(3), "the first, the second, and the first again");
        Assert.That(instances[2].Producer, Is.SameAs(instances[0].Producer));
    });

    /// <summary>
    /// The second content comes back while the first has the name, and is published anew before it could join what it was: what it was has
    /// ended then, and the first is other content.
    /// </summary>
    [Test]
    public void ContentThatIsPublishedAnewWhileItIsBack_DoesNotContinueAReadingOfTheOther([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            using var first = await Route.OpenAsync(scene, reader, scene.Saying("first"), origin: 1, version);
            var broadcast = await reader.Moq.SubscribeAsync(Name);
            var heard = HearAllAsync(broadcast);
            using (await Route.OpenAsync(scene, reader, scene.Saying("second"), origin: 2, version))
                await scene.PauseAsync(1);
            using var back = await Route.OpenAsync(scene, reader, scene.Saying("second"), origin: 2, version);
            await scene.PauseAsync(1);
            using var anew = back.Replace(scene.Saying("third"));
            await scene.PauseAsync(12);
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("first"));
            await first.Session.DisposeAsync();
            await Failure.OfAsync<MoqException>(async () => await heard);
            Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("third"));
        });

    [Test]
    public void SameContentOnAnotherWay_IsNoOtherBroadcast([ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var instances = new List<BroadcastConsumer>();
        using var watching = reader.Moq.WatchBroadcast(Name).Subscribe(instances.Add);
        var broadcast = scene.Saying("hello");
        using (await Route.OpenAsync(scene, reader, broadcast, version: version))
        {
            using (await Route.OpenAsync(scene, reader, broadcast, version: version))
                await scene.PauseAsync(1);
            await scene.PauseAsync(1);
            Assert.That((instances.Count, instances[0].Closed.IsCompleted), Is.EqualTo((1, false)));
        }

        await scene.PauseAsync(1);
        Assert.That((instances.Count, (await instances[0].Closed).Cause), Is.EqualTo((1, BroadcastEndCause.Withdrawn)));
    });

    [Test]
    public void PublishedAnew_IsAnotherBroadcast_ThoughTheOriginIsTheSame([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            using var route = await Route.OpenAsync(scene, reader, scene.Saying("first"), version: version);
            var first = await reader.Moq.SubscribeAsync(Name);
            using var again = route.Replace(scene.Saying("second"));
            await scene.PauseAsync(1);
            Assert.That((await first.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("second"));
        });

    /// <summary>One relay tells of the new broadcast while the other one still has the old one.</summary>
    [Test]
    public void PublishedAnewOverTwoRelays_WhatWasReadIsNotMixedWithIt([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var reader = scene.Add("reader");
            var (old, renewed) = (scene.Broadcast(), scene.Broadcast());
            var (before, after) = (old.CreateTrack("t"), renewed.CreateTrack("t"));
            Scene.Say(before, "old");
            using var a = await Route.OpenAsync(scene, reader, old, version: version);
            using var b = await Route.OpenAsync(scene, reader, old, version: version);
            var heard = HearAllAsync(await reader.Moq.SubscribeAsync(Name));
            await scene.PauseAsync(1);
            using var newer = a.Replace(renewed);
            using var newest = b.Replace(renewed);
            await scene.PauseAsync(0.5);
            for (var group = 0; group < 5; group++)
                Scene.Say(after, "new");
            await scene.PauseAsync(0.5);
            before.Finish();
            Assert.That(await heard, Is.EqualTo(new[] { "old" }));
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("new"));
        });

    /// <summary>
    /// The subscription is on its way to a peer that has another broadcast under the name by now. It tells so before it answers.
    /// </summary>
    [Test]
    public void PublishedAnewBeforeTheSourceAnswers_TheOtherSourceIsRead_OrTheReadingFails(
        [ValueSource(nameof(Versions))] string version, [Values] bool hasOther) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var (old, renewed) = (scene.Broadcast(), scene.Saying("new"));
        var before = old.CreateTrack("t");
        Scene.Say(before, "old");
        using var other = hasOther ? await Route.OpenAsync(scene, reader, old, version: version) : null;
        using var used = await Route.OpenAsync(scene, reader, old, version: version);
        var heard = HearAllAsync(await reader.Moq.SubscribeAsync(Name));
        using var newer = used.Replace(renewed);
        await scene.PauseAsync(1);
        before.Finish();
        if (hasOther)
            Assert.That(await heard, Is.EqualTo(new[] { "old" }));
        else
            await Failure.OfAsync<MoqException>(async () => await heard);
    });

    /// <summary>The request of a group is on its way to a peer that has another broadcast under the name by now.</summary>
    [Test]
    public void PublishedAnewBeforeAFetchIsAnswered_TheOtherSourceIsAsked_OrTheFetchFails(
        [ValueSource(nameof(Versions))] string version, [Values] bool hasOther) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var (old, renewed) = (scene.Saying("old"), scene.Saying("new"));
        using var other = hasOther ? await Route.OpenAsync(scene, reader, old, version: version) : null;
        using var used = await Route.OpenAsync(scene, reader, old, version: version);
        var track = (await reader.Moq.SubscribeAsync(Name)).Track("t");
        var fetching = track.FetchAsync(0);
        using var newer = used.Replace(renewed);
        if (hasOther)
        {
            using var group = await fetching;
            await foreach (var frame in group.ReadFramesAsync())
                Assert.That(Encoding.UTF8.GetString(frame.Payload), Is.EqualTo("old"));
        }
        else
        {
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await fetching);
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
        }
    });

    [Test]
    public void WithdrawnAndAnnouncedAgain_IsASourceAgainAfterAWhile([Values(9.0, 11.0)] double seconds) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        var stays = await Route.OpenAsync(scene, reader, broadcast);
        var flaps = await Route.OpenAsync(scene, reader, broadcast);
        var heard = HearAllAsync(await reader.Moq.SubscribeAsync(Name));
        Scene.Say(track, "before");
        await scene.PauseAsync(1);
        flaps.Dispose();
        await scene.PauseAsync(1);
        using var again = flaps.Replace(broadcast);
        await scene.PauseAsync(seconds);
        await stays.Session.DisposeAsync();
        await scene.PauseAsync(1);
        if (seconds < 10)
        {
            await Failure.OfAsync<MoqException>(async () => await heard);
            return;
        }

        Scene.Say(track, "after");
        track.Finish();
        Assert.That(await heard, Is.EqualTo(new[] { "before", "after" }));
    });

    internal static async Task<List<string>> HearAllAsync(BroadcastConsumer broadcast)
    {
        var heard = new List<string>();
        await HearAllAsync(broadcast, heard);
        return heard;
    }

    internal static async Task HearAllAsync(BroadcastConsumer broadcast, List<string> heard)
    {
        await foreach (var group in broadcast.Track("t").ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                heard.Add(Encoding.UTF8.GetString(frame.Payload));
        }
    }
}
