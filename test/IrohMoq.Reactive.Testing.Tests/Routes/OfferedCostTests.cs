using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Routes;

/// <summary>A publisher states and changes the cost at which it offers a prefix.</summary>
public sealed class OfferedCostTests
{
    private const MoqVersion Version = MoqVersion.Lite06;

    [Test]
    public void CostOfAPrefix_IsInItsAnnouncement_AndAChangeUpdatesIt() => Scene.Run(static async scene =>
    {
        var (publisher, raw) = (scene.Add("publisher"), scene.AddRaw("hand"));
        using var first = publisher.Moq.OpenBroadcastRequests("room");
        using var second = publisher.Moq.OpenBroadcastRequests("room");
        first.SetCost(5, 100);
        var peer = await raw.ConnectAsync(publisher.Address, [Version.Alpn]);
        var setup = await peer.OpenUniAsync();
        await setup.WriteOpeningAsync(default(Setup), Version);
        setup.Finish();
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(new AnnounceRequest(default), Version);
        using var reader = new MessageReader(stream.Receive, Version);
        Assert.That((await reader.ReadAsync<AnnounceOk>())!.Value.ActiveCount, Is.EqualTo(1));
        Assert.That(
            (await reader.ReadAnnounceResponseAsync())!.Value.Start,
            Is.EqualTo(new AnnounceStart("room", new Route(new HopPath([]), 5, 100))));
        var next = reader.ReadAnnounceResponseAsync().AsTask();
        second.SetCost(5, 100);
        await scene.PauseAsync(1);
        Assert.That(next.IsCompleted, Is.False, "the same cost is no change");
        second.SetCost(7);
        Assert.That((await next)!.Value.Update, Is.EqualTo(new AnnounceUpdate(0, new Route(new HopPath([]), 7, 7))));
        first.Dispose();
        next = reader.ReadAnnounceResponseAsync().AsTask();
        first.SetCost(8);
        Assert.That((await next)!.Value.Update, Is.EqualTo(new AnnounceUpdate(0, new Route(new HopPath([]), 8, 8))), "still shared");
        next = reader.ReadAnnounceResponseAsync().AsTask();
        second.Dispose();
        Assert.That((await next)!.Value.End, Is.EqualTo(new AnnounceEnd(0)));
        next = reader.ReadAnnounceResponseAsync().AsTask();
        second.SetCost(9);
        await scene.PauseAsync(1);
        Assert.That(next.IsCompleted, Is.False, "it is no longer offered");
        using var again = publisher.Moq.OpenBroadcastRequests("room");
        Assert.That((await next)!.Value.Start, Is.EqualTo(new AnnounceStart("room", new Route(new HopPath([]), 0, 0))), "a new offer");
    });

    [Test]
    public void ChangeOfThePrefix_IsSeen_AndSoIsThatOfWhatWasRequested_WhichGoesOn() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        using var broadcast = scene.Saying("hello");
        using var requests = publisher.Moq.OpenBroadcastRequests("room");
        var session = await reader.ConnectAsync(publisher);
        var seen = new List<string>();
        using var listening = session.Announcements(includeRouteChanges: true).Subscribe(change => seen.Add(
            $"{(change.IsRouteChange ? '~' : change.IsActive ? '+' : '-')}{change.Route.WarmCost}/{change.Route.ColdCost}"));
        var child = await session.RequestBroadcastAsync("room/a");
        requests.SetCost(4, BroadcastRoute.MaxCost);
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "+1/1", $"~5/{BroadcastRoute.MaxCost}" }), "with the cost of the connection");
        Assert.That((child.Route.WarmCost, child.Closed.IsCompleted), Is.EqualTo((5ul, false)));
    });

    /// <summary>A publisher with several prefixes states one cost for all that it offers.</summary>
    [Test]
    public void CostOfAScope_IsThatOfEachPrefix() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        var session = await reader.ConnectAsync(publisher);
        await scene.PauseAsync(0.1);
        using var requests = (await publisher.OpenSessionAsync()).OriginProducer.Narrow("a", "b").OpenBroadcastRequests();
        requests.SetCost(3);
        var seen = new List<string>();
        using var listening = session.Announcements().Subscribe(change => seen.Add($"{change.Path} {change.Route.WarmCost}"));
        await scene.PauseAsync(1);
        Assert.That(seen, Is.EqualTo(new[] { "a 4", "b 4" }));
    });

    [TestCase(BroadcastRoute.MaxCost + 1, null)]
    [TestCase(0ul, BroadcastRoute.MaxCost + 1)]
    [TestCase(2ul, 1ul)]
    public void CostThatIsNone_IsRefused(ulong warm, object? cold)
    {
        using var requests = new OriginProducer().OpenBroadcastRequests("room");
        Assert.That(() => requests.SetCost(warm, (ulong?)cold), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
