using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// A reader that wants every group of a lossless track joins one that skips old groups: what the publisher has skipped before it is told of
/// the new reader counts as missed, and does not fail the reading.
/// </summary>
public sealed class LosslessJoinTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void GroupsSkippedBeforeThePublisherKnows_AreMissed_AndEveryLaterGroupArrives(
        [ValueSource(nameof(Versions))] string version,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, subscriber) = (scene.Add("publisher", options), scene.Add("subscriber", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = (await (await subscriber.ConnectAsync(publisher)).SubscribeAsync("x")).Track("t");
        var written = 0;
        using var partial = remote.Open(new SubscribeOptions { MaxLatency = TimeSpan.FromSeconds(1) });
        var skipping = ReadAsync(partial);
        await track.WaitForSubscriberAsync();
        await PutAsync(1);
        await scene.PauseAsync(1);
        using var whole = remote.Open(new SubscribeOptions { Order = order });
        var reading = ReadAsync(whole);
        // The publisher writes these before it is told of the second reader, and skips those that are too old by their timestamps.
        await PutAsync(10);
        await scene.PauseAsync(1);
        // It knows of the second reader.
        await PutAsync(100);
        track.Finish();
        var seen = await reading;
        Assert.That(seen[^1], Is.EqualTo("end"));
        Assert.That(seen[0], Is.EqualTo("0"));
        Assert.That(seen.SkipLast(1).TakeLast(101), Is.EqualTo(Reading.Numbers(101, 10)));
        Assert.That(seen.Count - 1 + whole.Skipped, Is.EqualTo(111), "read or missed");
        Assert.That((await skipping)[^2..], Is.EqualTo(["110", "end"]));

        Assert.That(whole.Skipped, Is.Positive);

        async Task PutAsync(int groups)
        {
            for (var i = 0; i < groups; i++)
            {
                using var group = await track.AppendGroupAsync();
                await group.WriteAsync(new byte[10], TimeSpan.FromSeconds(written++));
                group.Finish();
            }
        }
    });

    /// <summary>A publisher that drops a group although every reader has always wanted it has lost it.</summary>
    [Test]
    public void GroupsDroppedAlthoughAllWereWanted_FailTheReading([Values] bool joins) => HandPublisher.Run(
        async (scene, remote) =>
        {
            using var first = remote.Track("t").Open(new SubscribeOptions { Order = joins ? GroupOrder.Newest : GroupOrder.Arrival });
            var skipping = ReadAsync(first);
            await scene.PauseAsync(1);
            using var whole = remote.Track("t").Open();
            var seen = await ReadAsync(whole);
            Assert.That(seen, joins ? Is.EqualTo(["5", "8", "end"]) : Is.EqualTo(["5", "8", $"{MoqErrorCode.Evicted}"]));
            Assert.That(whole.Skipped, Is.EqualTo(2));
            await skipping;
        },
        async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 5));
            await subscription.SendAsync(5);
            await scene.PauseAsync(2);
            await subscription.DropAsync(6, 7, MoqErrorCode.Old);
            await subscription.SendAsync(8);
            await scene.PauseAsync(1);
            subscription.Finish();
        });

    private static async Task<List<string>> ReadAsync(TrackReader reader)
    {
        var seen = new List<string>();
        try
        {
            while (await reader.ReadGroupAsync() is { } group)
                seen.Add($"{group.Sequence}");
            seen.Add("end");
        }
        catch (MoqException failure)
        {
            seen.Add($"{failure.Code}");
        }

        return seen;
    }
}
