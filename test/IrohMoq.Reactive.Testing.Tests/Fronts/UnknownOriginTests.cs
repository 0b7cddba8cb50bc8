namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Publishers of one name whose versions do not tell where a broadcast begins. A content of such a publisher is known by the peer.
/// </summary>
public sealed class UnknownOriginTests
{
    private const string Name = "studio";

    private static readonly MoqOptions Options = new() { Protocols = ["moq-lite-03"] };

    [Test]
    public void ContentThatHasEnded_HoldsBackOnlyWhatItsOwnPeerAnnounces() => Scene.Run(static async scene =>
    {
        var reader = scene.Add("reader", Options);
        var had = new List<BroadcastConsumer>();
        reader.Moq.WatchBroadcast(Name).Subscribe(had.Add, static _ => { });
        var (a, b, c) = (scene.Add("a", Options), scene.Add("b", Options), scene.Add("c", Options));
        foreach (var publisher in new[] { a, b, c })
            await reader.ConnectAsync(publisher);
        using var first = a.Moq.Publish(Name, scene.Saying("a"));
        await scene.PauseAsync(0.1);
        var second = b.Moq.Publish(Name, scene.Saying("b"));
        await scene.PauseAsync(0.1);
        Assert.That(await HeardAsync(), Is.EqualTo(("b", 2)));
        second.Dispose();
        await scene.PauseAsync(0.1);
        Assert.That(await HeardAsync(), Is.EqualTo(("a", 3)));

        var third = c.Moq.Publish(Name, scene.Saying("c"));
        await scene.PauseAsync(0.1);
        Assert.That(await HeardAsync(), Is.EqualTo(("c", 4)), "another peer has not had the name before");
        using var again = b.Moq.Publish(Name, scene.Saying("b again"));
        await scene.PauseAsync(5);
        Assert.That(await HeardAsync(), Is.EqualTo(("c", 4)), "that of b has ended a moment ago");
        third.Dispose();
        await scene.PauseAsync(0.1);
        Assert.That(await HeardAsync(), Is.EqualTo(("b again", 5)));

        async Task<(string, int)> HeardAsync() => (await Scene.HearAsync(had[^1]), had.Count);
    });
}
