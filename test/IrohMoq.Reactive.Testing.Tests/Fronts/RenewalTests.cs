namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A broadcast is published anew while something else has happened that looks like it: a relay was lost and is back, or the broadcast was
/// published anew before. What has the same origin may be older or newer content, and is neither mixed with the other nor given up.
/// </summary>
public sealed class RenewalTests
{
    private const string Name = TwoRelays.Name;

    private static readonly string[] Versions = TwoRelays.Versions;

    /// <summary>
    /// One relay is back, and on probation, when the others tell of the new broadcast. Simulated as the seeds 181 and 338 of the relays.
    /// </summary>
    [Test]
    public void WhileARelayIsOnProbation_AllSourcesOfTheNewBroadcastAreOneInTheEnd(
        [ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var (old, renewed) = (scene.Saying("old"), scene.Broadcast());
        var track = renewed.CreateTrack("t");
        using var stays = await Route.OpenAsync(scene, reader, old, version: version);
        using var second = await Route.OpenAsync(scene, reader, old, version: version);
        var flaps = await Route.OpenAsync(scene, reader, old, version: version);
        var before = await reader.Moq.SubscribeAsync(Name);
        flaps.Dispose();
        await scene.PauseAsync(0.5);
        var back = flaps.Replace(old);
        await scene.PauseAsync(4);
        using var first = stays.Replace(renewed);
        await scene.PauseAsync(0.1);
        using var again = flaps.Replace(renewed);
        await scene.PauseAsync(0.1);
        var last = second.Replace(renewed);
        await scene.PauseAsync(0.1);
        Assert.That((await before.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        var heard = ContentTests.HearAllAsync(broadcast);
        Scene.Say(track, "before");
        await scene.PauseAsync(10.1);
        again.Dispose();
        last.Dispose();
        await scene.PauseAsync(0.5);
        Assert.That(broadcast.Closed.IsCompleted, Is.False, "The first relay still has it.");
        Assert.That(await reader.Moq.SubscribeAsync(Name), Has.Property("Producer").SameAs(broadcast.Producer));
        Scene.Say(track, "after");
        track.Finish();
        Assert.That(await heard, Is.EqualTo(new[] { "before", "after" }));
        back.Dispose();
    });

    /// <summary>
    /// The second relay has missed the second broadcast, and has the third one when the first relay still has the second.
    /// </summary>
    [Test]
    public void PublishedAnewTwice_TheThirdIsNotMixedWithTheSecond(
        [ValueSource(nameof(Versions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var old = scene.Saying("first");
        var (renewed, newest) = (scene.Broadcast(), scene.Broadcast());
        var (middle, after) = (renewed.CreateTrack("t"), newest.CreateTrack("t"));
        Scene.Say(middle, "second");
        using var a = await Route.OpenAsync(scene, reader, old, version: version);
        using var b = await Route.OpenAsync(scene, reader, old, version: version);
        await reader.Moq.SubscribeAsync(Name);
        a.Replace(renewed);
        await scene.PauseAsync(0.1);
        var last = b.Replace(newest);
        await scene.PauseAsync(0.1);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        var heard = new List<string>();
        var reading = ContentTests.HearAllAsync(broadcast, heard);
        await scene.PauseAsync(0.1);
        using var c = a.Replace(newest);
        for (var group = 0; group < 5; group++)
            Scene.Say(after, "third");
        await scene.PauseAsync(1);
        Assert.That((broadcast.Closed.IsCompleted, string.Join(' ', heard)), Is.EqualTo((true, "second")));
        var third = await reader.Moq.SubscribeAsync(Name);
        Assert.That(await Scene.HearAsync(third), Is.EqualTo("third"));
        await scene.PauseAsync(10.1);
        last.Dispose();
        await scene.PauseAsync(1);
        Assert.That(third.Closed.IsCompleted, Is.False, "Both relays have it.");
        middle.Finish();
        await reading;
        Assert.That(heard, Is.EqualTo(new[] { "second" }));
    });
}
