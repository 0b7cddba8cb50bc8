namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary><c>moq.SubscribeAsync(name)</c> and <c>moq.WatchBroadcast(name)</c>: how they wait, end, and what they leave behind.</summary>
public sealed class WaitingTests
{
    private const string Name = TwoRelays.Name;

    private static readonly string[] AllVersions = [.. TwoRelays.Versions, "moq-lite-03"];

    [Test]
    public void AnnouncedLater_IsReturnedThen([ValueSource(nameof(AllVersions))] string version) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var waiting = reader.Moq.SubscribeAsync(Name);
        await scene.PauseAsync(1);
        Assert.That(waiting.IsCompleted, Is.False);
        using var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"), version: version);
        Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("hello"));
    });

    [Test]
    public void Announced_IsReturnedAtOnce() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        Assert.That((await reader.Moq.SubscribeAsync(Name, TimeSpan.Zero)).Route.Hops, Has.Count.EqualTo(1));
    });

    [Test]
    public void NotAnnouncedInTime_FailsThen_AndLeavesNothingBehind() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        var began = scene.Seconds;
        var failure = await Failure.OfAsync<MoqNotAnnouncedException>(
            async () => await reader.Moq.SubscribeAsync("other", TimeSpan.FromSeconds(3)));
        Assert.That(scene.Seconds - began, Is.EqualTo(3).Within(0.001));
        Assert.That((failure.Message.Contains("'other'", StringComparison.Ordinal), reader.Moq.Fronts.Count), Is.EqualTo((true, 0)));
        await Failure.OfAsync<MoqNotAnnouncedException>(async () => await reader.Moq.SubscribeAsync("other", TimeSpan.Zero));
    });

    [Test]
    public void Canceled_EndsTheWait_AndLeavesNothingBehind() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var stop = new CancellationTokenSource();
        var (canceled, waiting) = (reader.Moq.SubscribeAsync(Name, stop.Token), reader.Moq.SubscribeAsync(Name));
        await scene.PauseAsync(1);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await canceled);
        Assert.That((waiting.IsCompleted, reader.Moq.Fronts.Count), Is.EqualTo((false, 1)));
        var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        await waiting;
        route.Dispose();
        await scene.PauseAsync(1);
        Assert.That(reader.Moq.Fronts.Count, Is.Zero, "The name is followed no longer than somebody waits or it is announced.");
    });

    [Test]
    public void Shutdown_EndsTheWait() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var waiting = reader.Moq.SubscribeAsync(Name);
        var (items, isOver) = (0, false);
        using var watching = reader.Moq.WatchBroadcast(Name).Subscribe(_ => items++, () => isOver = true);
        await scene.PauseAsync(1);
        await reader.Moq.DisposeAsync();
        await Failure.OfAsync<ObjectDisposedException>(async () => await waiting);
        await Failure.OfAsync<ObjectDisposedException>(async () => await reader.Moq.SubscribeAsync(Name));
        await scene.PauseAsync(1);
        Assert.That((items, isOver, reader.Moq.Fronts.Count), Is.EqualTo((0, true, 0)));
    });

    [Test]
    public void EndpointThatFails_EndsTheWaitAndTheObservable() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var waiting = reader.Moq.SubscribeAsync(Name);
        Exception? failure = null;
        using var watching = reader.Moq.WatchBroadcast(Name).Subscribe(static _ => { }, fault => failure = fault);
        await scene.PauseAsync(1);
        scene.Network.Kill(reader.Moq);
        await Failure.OfAsync<MoqException>(async () => await waiting);
        await scene.PauseAsync(1);
        Assert.That(failure, Is.InstanceOf<MoqException>());
    });

    [Test]
    public void NamesBelowAndBeside_AreNotIt() => Scene.Run(async scene =>
    {
        var (reader, other) = (scene.Add("reader"), scene.Add("other"));
        foreach (var name in new BroadcastPath[] { $"{Name}/below", "beside", default })
            other.Moq.Publish(name, scene.Saying("no"));
        await reader.ConnectAsync(other);
        await Failure.OfAsync<MoqNotAnnouncedException>(async () => await reader.Moq.SubscribeAsync(Name, TimeSpan.FromSeconds(1)));
    });

    [Test]
    public void Disposed_StaysForOtherCallers() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        (await reader.Moq.SubscribeAsync(Name)).Dispose();
        Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("hello"));
    });

    [Test]
    public void ReadersOfOneTrack_ShareASubscription_AndTheLastOneEndsIt() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var route = await Route.OpenAsync(scene, reader, broadcast);
        using var stop = new CancellationTokenSource();
        var readings = Enumerable.Range(0, 3).Select(async _ =>
        {
            var read = await reader.Moq.SubscribeAsync(Name);
            await foreach (var group in read.Track("t").ReadGroupsAsync(stop.Token))
                group.Dispose();
        }).ToArray();
        await scene.PauseAsync(1);
        Assert.That(track.SubscriberCount, Is.EqualTo(1));
        stop.Cancel();
        foreach (var reading in readings)
            await Failure.OfAsync<OperationCanceledException>(async () => await reading);
        await scene.PauseAsync(1);
        Assert.That(track.SubscriberCount, Is.Zero);
    });
}
