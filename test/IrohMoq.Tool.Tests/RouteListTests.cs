using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The routes, the hidden names and the end of the first list that <c>moq ls</c> shows.</summary>
[CancelAfter(60_000)]
public class RouteListTests : ToolTestBase
{
    [TestCase("moq-lite-06", "route, 1 hop, cost 1 warm, 1 cold")]
    [TestCase("moq-lite-05", "broadcast, 1 hop")]
    public async Task LongList_ShowsTheRoutes(string protocol, string details, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        foreach (var name in (string[])["b", "a/1"])
            peer.Moq.Publish(name, peer.Moq.CreateBroadcast());
        var end = await RunAsync(token, "ls", peer.Ticket, "--long", "--alpn", protocol);
        Assert.That((end.Code, end.Errors), Is.EqualTo((0, "")));
        Assert.That(end.Output, Is.EqualTo($"a/1   {details}\nb   {details}\n"));
    }

    [TestCase("moq-lite-06", true, "route", true)]
    [TestCase("moq-lite-05", true, "broadcast", false)]
    [TestCase("moq-lite-04,moq-lite-03", false, "broadcast", false)]
    public async Task Json_HasTheRoute_AndTheMomentAtWhichTheListIsComplete(
        string protocols, bool isTold, string kind, bool hasCosts, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var first = peer.Moq.Publish("first", peer.Moq.CreateBroadcast());
        using var list = new ToolProcess("ls", peer.Ticket, "--follow", "--json", "--alpn", protocols);
        var announced = await list.ExpectAsync("announced", token);
        Assert.That(announced.GetProperty("kind").GetString(), Is.EqualTo(kind));
        Assert.That(announced.GetProperty("hops").EnumerateArray().Single().GetString(), Does.Match("^[0-9a-f]+$"));
        Assert.That(announced.TryGetProperty("warm_cost", out _), Is.EqualTo(hasCosts));
        var caughtUp = await list.ExpectAsync("caught_up", token);
        Assert.That((Number(caughtUp, "count"), caughtUp.GetProperty("told").GetBoolean()), Is.EqualTo((1L, isTold)));
        using var second = peer.Moq.Publish("second", peer.Moq.CreateBroadcast());
        Assert.That(Text(await list.ExpectAsync("announced", token)), Is.EqualTo("second"));
        list.Interrupt();
    }

    /// <summary>Costs exist since moq-lite-06. A cost that is set again is no change.</summary>
    [TestCase("moq-lite-06", "~ a   route, 1 hop, cost 5 warm, 8 cold")]
    [TestCase("moq-lite-05", null)]
    public async Task ListThatIsFollowed_ShowsAChangedCost(string protocol, string? change, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var broadcast = peer.Moq.CreateBroadcast();
        peer.Moq.Publish("a", broadcast);
        using var list = new ToolProcess("ls", peer.Ticket, "--follow", "--alpn", protocol);
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("a"));
        broadcast.SetCost(4, 7);
        if (change is not null)
            Assert.That(await list.ReadLineAsync(token), Is.EqualTo(change));
        broadcast.SetCost(4, 7);
        using var hidden = peer.Moq.CreateBroadcast();
        peer.Moq.Publish(".hidden", hidden);
        hidden.SetCost(1);
        using var second = peer.Moq.Publish("b", peer.Moq.CreateBroadcast());
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("+ b"));
        broadcast.Finish();
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("- a"));
        list.Interrupt();
    }

    /// <summary>The highest cost, 2^62 - 1, is that of a way that is used only if there is no other.</summary>
    [Test]
    public async Task HighestCost_IsAWord_AndANumberInJson(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var broadcast = peer.Moq.CreateBroadcast();
        peer.Moq.Publish("a", broadcast);
        using var list = new ToolProcess("ls", peer.Ticket, "--follow");
        using var json = new ToolProcess("ls", peer.Ticket, "--follow", "--json");
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("a"));
        await json.ExpectAsync("caught_up", token);
        broadcast.SetCost(4, BroadcastRoute.MaxCost);
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("~ a   route, 1 hop, cost 5 warm, highest cold"));
        Assert.That(Number(await json.ExpectAsync("updated", token), "cold_cost"), Is.EqualTo((long)BroadcastRoute.MaxCost));
        broadcast.SetCost(BroadcastRoute.MaxCost);
        Assert.That(await list.ReadLineAsync(token), Is.EqualTo("~ a   route, 1 hop, only if there is no other"));
        Assert.That(Number(await json.ExpectAsync("updated", token), "warm_cost"), Is.EqualTo((long)BroadcastRoute.MaxCost));
        list.Interrupt();
        json.Interrupt();
    }

    /// <summary>A relay loses the session with a publisher whose broadcast it has over another relay as well.</summary>
    [TestCase("moq-lite-06")]
    [TestCase("moq-lite-05")]
    public async Task ListThatIsFollowed_ShowsChangedHops(string protocol, CancellationToken token)
    {
        await using var publisher = await LoopbackPeer.ServeAsync(token);
        await using var other = await LoopbackPeer.ServeAsync(token);
        await using var relay = await LoopbackPeer.ServeAsync(token);
        publisher.Moq.Publish("a", publisher.Moq.CreateBroadcast());
        await other.Moq.ConnectAsync(publisher.Endpoint.Address, token);
        using var forwarded = other.Moq.Publish("a", await other.Moq.SubscribeAsync("a", token));
        var direct = await relay.Moq.ConnectAsync(publisher.Endpoint.Address, token);
        await (await relay.Moq.ConnectAsync(other.Endpoint.Address, token)).SubscribeAsync("a", token);
        using var published = relay.Moq.Publish("a", await relay.Moq.SubscribeAsync("a", token));

        using var list = new ToolProcess("ls", relay.Ticket, "--follow", "--json", "--alpn", protocol);
        var before = Hops(await list.ExpectAsync("announced", token));
        await list.ExpectAsync("caught_up", token);
        direct.Close();
        var changed = await list.ExpectAsync("updated", token);
        Assert.That((before.Length, Hops(changed).Length, Text(changed)), Is.EqualTo((2, 3, "a")));
        Assert.That((Hops(changed)[0], Hops(changed)[2]), Is.EqualTo((before[0], before[1])), "from the same origin, over the same relay");
        Assert.That(changed.TryGetProperty("warm_cost", out _), Is.EqualTo(protocol == "moq-lite-06"));
        published.Dispose();
        Assert.That(Text(await list.ExpectAsync("withdrawn", token)), Is.EqualTo("a"));
        list.Interrupt();
    }

    [Test]
    public async Task HiddenNames_AreListedIfTheUserAsksForThem(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        foreach (var name in (string[])[".top", "room/.inner/x", "room/visible.txt", "visible"])
            peer.Moq.Publish(name, peer.Moq.CreateBroadcast());
        Assert.That((await RunAsync(token, "ls", peer.Ticket)).Output, Is.EqualTo("room/visible.txt\nvisible\n"));
        Assert.That(
            (await RunAsync(token, "ls", peer.Ticket, "--all")).Output, Is.EqualTo(".top\nroom/.inner/x\nroom/visible.txt\nvisible\n"));
        // What the user names is not hidden.
        Assert.That((await RunAsync(token, "ls", peer.Ticket, "--prefix", "room/.inner")).Output, Is.EqualTo("room/.inner/x\n"));
        var none = await RunAsync(token, "ls", peer.Ticket, "--prefix", ".top");
        Assert.That(none.Output, Is.EqualTo(".top\n"));
    }

    [Test]
    public async Task ManyNames_AreAllInTheFirstList(CancellationToken token)
    {
        const int Count = 3000;
        await using var peer = await LoopbackPeer.ServeAsync(token);
        for (var i = 0; i < Count; i++)
            peer.Moq.Publish($"{i:0000}", peer.Moq.CreateBroadcast());
        var end = await RunAsync(token, "ls", peer.Ticket, "--timeout", "50");
        Assert.That(end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(Count), end.Errors);
    }

    private static string[] Hops(JsonElement announced) =>
        [.. announced.GetProperty("hops").EnumerateArray().Select(static hop => hop.GetString()!)];

    private static string Text(JsonElement announced) => announced.GetProperty("name").GetString()!;
}
