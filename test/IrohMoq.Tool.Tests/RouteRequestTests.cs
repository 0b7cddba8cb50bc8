using System.Text;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>Names that a peer does not announce, but serves below a route that it announces (moq-lite-06).</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class RouteRequestTests : ToolTestBase
{
    private static readonly string[] Alice = ["--name", "rooms/alice", "--track", "t"];

    [TestCase("latest")]
    [TestCase("1")]
    public async Task Fetch_RequestsTheName_AndSaysBelowWhichRoute(string group, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var requests = peer.Moq.OpenBroadcastRequests("rooms");
        _ = AcceptAsync(requests, token);
        var end = await RunAsync(token, ["fetch", peer.Ticket, "--group", group, .. Alice]);
        Assert.That((end.Code, end.Output), Is.EqualTo((0, "rooms/alice 1\n")), end.Errors);
        Assert.That(end.Errors, Does.Contain("\nrequested  rooms/alice below the route rooms\n"));
    }

    [Test]
    public async Task Subscribe_RequestsTheName_BelowTheLongestRoute(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var root = peer.Moq.OpenBroadcastRequests();
        using var rooms = peer.Moq.OpenBroadcastRequests("rooms");
        using var other = peer.Moq.Publish("room", peer.Moq.CreateBroadcast());
        _ = AcceptAsync(rooms, token);
        using var reader = new ToolProcess(["subscribe", peer.Ticket, "--json", "--output", PathOf("out"), .. Alice]);
        var requested = await reader.ExpectAsync("requested", token);
        Assert.That((Text(requested, "name"), Text(requested, "route")), Is.EqualTo(("rooms/alice", "rooms")));
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Does.Not.Contain("\"announced\""));
        Assert.That(await File.ReadAllTextAsync(PathOf("out"), token), Is.EqualTo("rooms/alice 1\n"));
    }

    [Test]
    public async Task NameThatIsAnnounced_IsReadWithoutARequest(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var requests = peer.Moq.OpenBroadcastRequests("rooms");
        var alice = Create("announced");
        peer.Moq.Publish("rooms/alice", alice);
        using var reader = new ToolProcess(["subscribe", peer.Ticket, "--json", .. Alice]);
        Assert.That(Text(await reader.ExpectAsync("announced", token), "name"), Is.EqualTo("rooms/alice"));
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Does.Not.Contain("\"requested\""));
    }

    /// <summary>Every announcement of moq-lite-06 is a route, also that of a plain broadcast, below which there is nothing.</summary>
    [Test]
    public async Task NameThatIsRefusedBelowARoute_IsReadWhenItIsAnnounced(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        peer.Moq.Publish("rooms", peer.Moq.CreateBroadcast());
        using var reader = new ToolProcess(["subscribe", peer.Ticket, "--json", .. Alice]);
        await reader.ExpectAsync("requested", token);
        var note = Text(await reader.ExpectAsync("note", token), "message");
        Assert.That(
            note, Does.StartWith("the peer has no track 't' of 'rooms/alice' below the route 'rooms': code 30 (unroutable); waiting for"));
        // Neither a name beside it nor one below it is the one that is waited for.
        peer.Moq.Publish("rooms/bob", Create("other"));
        peer.Moq.Publish("rooms/alice/x", Create("other"));
        peer.Moq.Publish("rooms/alice", Create("late"));
        await reader.ExpectAsync("announced", token);
        Assert.That(Number(await reader.ExpectAsync("ended", token), "bytes"), Is.EqualTo("late 1\n".Length));
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
    }

    [Test]
    public async Task NameThatIsRefusedBelowARoute_IsRequestedBelowTheNextLongerOne(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        peer.Moq.Publish("a", peer.Moq.CreateBroadcast());
        using var reader = new ToolProcess("subscribe", peer.Ticket, "--json", "--name", "a/b/c", "--track", "t");
        Assert.That(Text(await reader.ExpectAsync("requested", token), "route"), Is.EqualTo("a"));
        await reader.ExpectAsync("note", token);
        using var requests = peer.Moq.OpenBroadcastRequests("a/b");
        _ = AcceptAsync(requests, token);
        Assert.That(Text(await reader.ExpectAsync("requested", token), "route"), Is.EqualTo("a/b"));
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task FetchThatIsRejected_SaysSo_AndReadsTheNameWhenItIsAnnounced(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var requests = peer.Moq.OpenBroadcastRequests("rooms");
        using var fetch = new ToolProcess(["fetch", peer.Ticket, "--group", "1", "--timeout", "50", "--json", .. Alice]);
        await foreach (var request in requests.ReadAllAsync(token))
        {
            request.Reject();
            break;
        }

        var note = Text(await fetch.ExpectAsync("note", token), "message");
        Assert.That(note, Does.Contain("below the route 'rooms': code 13 (not found); waiting for the broadcast to be announced"));
        peer.Moq.Publish("rooms/alice", Create("late"));
        Assert.That(Number(await fetch.ExpectAsync("fetched", token), "bytes"), Is.EqualTo("late 1\n".Length));
        Assert.That((await fetch.EndAsync(token)).Code, Is.Zero);
    }

    /// <summary>Older versions announce only names, so that nothing tells that a name can be requested.</summary>
    [TestCase("moq-lite-05")]
    [TestCase("moq-lite-03")]
    public async Task OlderVersion_WaitsForTheName(string protocol, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        peer.Moq.Publish("rooms", peer.Moq.CreateBroadcast());
        using var reader = new ToolProcess(["subscribe", peer.Ticket, "--alpn", protocol, "--json", .. Alice]);
        var note = await reader.ReadLineAsync(token);
        for (; note?.Contains("\"note\"", StringComparison.Ordinal) == false; note = await reader.ReadLineAsync(token))
            Assert.That(note, Does.Not.Contain("\"requested\"").And.Not.Contain("\"announced\""));
        Assert.That(note, Does.Contain("still waiting for the broadcast").And.Not.Contain("below"));
        peer.Moq.Publish("rooms/alice", Create("late"));
        await reader.ExpectAsync("announced", token);
        Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task Retry_RequestsTheNameAgain_WhenTheRouteComesBack(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var reader = new ToolProcess(["subscribe", peer.Ticket, "--json", "--retry", .. Alice]);
        for (var i = 0; i < 2; i++)
        {
            using var requests = peer.Moq.OpenBroadcastRequests("rooms");
            using var room = peer.Moq.CreateBroadcast();
            using var track = room.CreateTrack("t");
            track.AppendGroup().Write("x"u8);
            await foreach (var request in requests.ReadAllAsync(token))
            {
                request.Accept(room);
                break;
            }

            Assert.That(Text(await reader.ExpectAsync("requested", token), "route"), Is.EqualTo("rooms"));
            await reader.ExpectAsync("subscribed", token);
        }

        reader.Interrupt();
        Assert.That((await reader.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    public async Task Listen_RequestsTheNameFromAPeerThatDials(CancellationToken token)
    {
        using var reader = new ToolProcess(["subscribe", "--listen", "--bind", "127.0.0.1:0", "--json", .. Alice]);
        var ticket = EndpointTicket.Parse(TicketOf(await reader.ExpectAsync("listening", token)));
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var requests = peer.Moq.OpenBroadcastRequests("rooms");
        _ = AcceptAsync(requests, token);
        await using var session = await peer.Moq.ConnectAsync(ticket, token);
        Assert.That(Text(await reader.ExpectAsync("requested", token), "route"), Is.EqualTo("rooms"));
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
    }

    /// <summary>Creates a broadcast with a track of two groups of which the last one is the line "TEXT 1".</summary>
    private static BroadcastProducer Create(string text)
    {
        var broadcast = new BroadcastProducer();
        var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromMinutes(10) });
        for (var i = 0; i < 2; i++)
        {
            using var group = track.AppendGroup();
            group.Write(Encoding.ASCII.GetBytes($"{text} {i}\n"));
            group.Finish();
        }

        track.Finish();
        return broadcast;
    }

    private static async Task AcceptAsync(BroadcastRequestReader requests, CancellationToken token)
    {
        await foreach (var request in requests.ReadAllAsync(token))
            request.Accept(Create($"{request.Path}"));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
