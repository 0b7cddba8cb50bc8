namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// <c>moq.RequestBroadcastAsync(name)</c>: which broadcast it returns of a name that is announced, of one below an announced prefix, and
/// how it waits.
/// </summary>
public sealed class RequestedNameTests
{
    private const string Prefix = RoomBehindRelays.Prefix;
    private const string Name = RoomBehindRelays.Name;

    [Test]
    public void NameBelowAnAnnouncedPrefix_IsReturnedAtOnce_AndReadOnRequest() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        using var service = await Service.OpenAsync(scene, reader, Prefix, request => request.Accept(scene.Saying("hello")));
        var requested = reader.Moq.RequestBroadcastAsync(Name);
        Assert.That((requested.IsCompleted, service.Asked.Count), Is.EqualTo((true, 0)), "Nothing is sent until a track is read.");
        Assert.That((await requested).Route, Has.Property("IsPrefix").True.And.Property("WarmCost").EqualTo(1));
        Assert.That(await Scene.HearAsync(await requested), Is.EqualTo("hello"));
        Assert.That(service.Asked, Is.EqualTo(new[] { Name }));
    });

    [TestCase(Prefix)]
    [TestCase("")]
    [TestCase(Name)]
    public void SessionThatComesLater_EndsTheWait(string offered) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var beside = await Service.OpenAsync(scene, reader, "room/al", static _ => Assert.Fail("It is no prefix of the name."));
        var waiting = reader.Moq.RequestBroadcastAsync(Name);
        await scene.PauseAsync(1);
        Assert.That(waiting.IsCompleted, Is.False);
        using var service = await Service.OpenAsync(scene, reader, offered, request => request.Accept(scene.Saying("hello")));
        Assert.That(waiting.IsCompleted, Is.True);
        Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("hello"));
    });

    [Test]
    public void AnnouncedName_IsTheBroadcastOfThatName([Values] bool isOld) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [isOld ? "moq-lite-05" : "moq-lite-06"] };
        var (reader, other) = (scene.Add("reader"), scene.Add("other", options));
        using var service = await Service.OpenAsync(scene, reader, Prefix, static _ => Assert.Fail("The name itself is announced."));
        using var live = other.Moq.Publish(Name, scene.Saying("announced"));
        await other.ConnectAsync(reader);
        await scene.PauseAsync(1);
        var requested = await reader.Moq.RequestBroadcastAsync(Name);
        Assert.That(requested.Producer, Is.SameAs((await reader.Moq.SubscribeAsync(Name)).Producer));
        Assert.That(await Scene.HearAsync(requested), Is.EqualTo("announced"));
    });

    /// <summary>The broadcast of a name that is announced ends with it; below the prefix there may be another one.</summary>
    [Test]
    public void AnnouncedNameEnds_TheNextRequestIsOneOfThePrefix() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        using var service = await Service.OpenAsync(scene, reader, Prefix, request => request.Accept(scene.Saying("on demand")));
        var live = service.Publish(Name, scene.Saying("announced"));
        await scene.PauseAsync(1);
        var announced = await reader.Moq.RequestBroadcastAsync(Name);
        Assert.That(await Scene.HearAsync(announced), Is.EqualTo("announced"));
        live.Dispose();
        Assert.That((await announced.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
        Assert.That(service.Asked, Is.Empty, "A running reading does not begin the production of something else.");
        Assert.That(await Scene.HearAsync(await reader.Moq.RequestBroadcastAsync(Name)), Is.EqualTo("on demand"));
    });

    /// <summary>The longest prefix comes first, and then the lowest cost, whichever has come last.</summary>
    [Test]
    public void SeveralServices_TheLongestPrefixIsUsed_AndThenTheLowestCost([Values] bool isReverse) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        (string Prefix, ulong Cost)[] offers = [("", 0), (Prefix, 10), (Prefix, 20), (Name, 30)];
        var services = new Service[offers.Length];
        foreach (var number in isReverse ? new[] { 3, 2, 1, 0 } : [0, 1, 2, 3])
        {
            var (prefix, cost) = offers[number];
            services[number] = await Service.OpenAsync(
                scene, reader, prefix, request => request.Accept(scene.Saying($"{prefix} {cost}")), origin: number + 1, cost);
        }

        var heard = new List<string>();
        foreach (var leaves in new[] { 3, 1, 2, 0 })
        {
            heard.Add(await Scene.HearAsync(await reader.Moq.RequestBroadcastAsync(Name)));
            services[leaves].Dispose();
            await scene.PauseAsync(1);
        }

        Assert.That(heard, Is.EqualTo(new[] { $"{Name} 30", $"{Prefix} 10", $"{Prefix} 20", " 0" }));
    });

    [Test]
    public void SourcesOfOneOrigin_TheOneWithTheLowestCostIsUsed([Values] bool isFirst) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var first = await Service.OpenAsync(scene, reader, Prefix, Accept(scene, "first"), cost: isFirst ? 1u : 2u);
        using var second = await Service.OpenAsync(scene, reader, Prefix, Accept(scene, "second"), cost: isFirst ? 2u : 1u);
        Assert.That(await Scene.HearAsync(await reader.Moq.RequestBroadcastAsync(Name)), Is.EqualTo(isFirst ? "first" : "second"));
    });

    /// <summary>Up to moq-lite-05 a name is announced, and nothing about those below it.</summary>
    [Test]
    public void NameOfAnOlderVersion_IsNoPrefix([Values] bool isFirst) => Scene.Run(async scene =>
    {
        var (reader, old) = (scene.Add("reader"), scene.Add("old", new MoqOptions { Protocols = ["moq-lite-05"] }));
        using var live = old.Moq.Publish(Prefix, scene.Saying("no"));
        await old.ConnectAsync(reader);
        await scene.PauseAsync(1);
        using var service = isFirst ? await OpenAsync() : null;
        var requested = reader.Moq.RequestBroadcastAsync(Name);
        await scene.PauseAsync(1);
        Assert.That(requested.IsCompleted, Is.EqualTo(isFirst));
        using var later = isFirst ? null : await OpenAsync();
        Assert.That(await Scene.HearAsync(await requested), Is.EqualTo("hello"));

        Task<Service> OpenAsync() => Service.OpenAsync(scene, reader, "", request => request.Accept(scene.Saying("hello")));
    });

    [Test]
    public void SameNameTwice_IsOneSubscription() => Scene.Run(static async scene =>
    {
        var (reader, broadcast) = (scene.Add("reader"), scene.Broadcast());
        using var track = broadcast.CreateTrack("t");
        using var service = await Service.OpenAsync(scene, reader, Prefix, request => request.Accept(broadcast));
        using var first = (await reader.Moq.RequestBroadcastAsync(Name)).Track("t").Open();
        using var second = (await reader.Moq.RequestBroadcastAsync(Name)).Track("t").Open();
        await scene.PauseAsync(1);
        Assert.That((service.Asked.Count, track.SubscriberCount), Is.EqualTo((1, 1)));
    });

    [Test]
    public void CanceledWait_LeavesNothingBehind() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        using var stop = new CancellationTokenSource();
        var (canceled, waiting) = (reader.Moq.RequestBroadcastAsync(Name, stop.Token), reader.Moq.RequestBroadcastAsync(Name));
        await scene.PauseAsync(1);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await canceled);
        Assert.That((waiting.IsCompleted, reader.Moq.Fronts.Count), Is.EqualTo((false, 3)), "the name and two prefixes");
        var service = await Service.OpenAsync(scene, reader, Prefix, Accept(scene, "hello"));
        await waiting;
        Assert.That(reader.Moq.Fronts.Count, Is.EqualTo(1));
        service.Dispose();
        await scene.PauseAsync(1);
        Assert.That(reader.Moq.Fronts.Count, Is.Zero);
    });

    [Test]
    public void Shutdown_EndsTheWait() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader");
        var waiting = reader.Moq.RequestBroadcastAsync(Name);
        await scene.PauseAsync(1);
        await reader.Moq.DisposeAsync();
        await Failure.OfAsync<ObjectDisposedException>(async () => await waiting);
        await Failure.OfAsync<ObjectDisposedException>(async () => await reader.Moq.RequestBroadcastAsync(Name));
        await scene.PauseAsync(1);
        Assert.That(reader.Moq.Fronts.Count, Is.Zero);
    });

    private static Action<PendingBroadcast> Accept(Scene scene, string text) => request => request.Accept(scene.Saying(text));
}
