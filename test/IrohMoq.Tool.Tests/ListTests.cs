using System.Diagnostics;
using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

[NonParallelizable]
public class ListTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task List_HasTheNamesInOrder_EscapedAndBounded_AndNothingElse(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        var longName = new string('n', 300);
        foreach (var name in new[] { "b/2", "a", "b/1", "evil\u001b[2J\nname", longName })
            peer.Moq.Publish(name, peer.Moq.CreateBroadcast());
        using var tool = new ToolProcess("ls", peer.Ticket);
        var end = await tool.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        var expected = new[] { "a", "b/1", "b/2", @"evil\u{1b}[2J\u{a}name", longName[..200] + "…" };
        Assert.That(end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(expected));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Path_IsStatedToThePeer(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var tool = new ToolProcess("ls", peer.Ticket, "--path", "/room?token=abc", "--follow");
        await foreach (var incoming in peer.Moq.ReadIncomingSessionsAsync(cancellationToken: token))
        {
            Assert.That(await incoming.Accept().WaitForRequestAsync(token), Is.EqualTo(new SessionRequest("/room?token=abc")));
            break;
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_WithAPrefix_HasOnlyTheNamesBelowIt_AndTheNamesOfJsonAreExact(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        foreach (var name in new[] { "room", "room/\u001balice", "roommate", "other" })
            peer.Moq.Publish(name, peer.Moq.CreateBroadcast());
        var address = peer.Endpoint.Address.Addresses[0].ToString();
        using var tool = new ToolProcess(
            "ls", "--id", peer.Endpoint.Id.ToString(), "--addr", address, "--prefix", "room", "--json", "--timeout", "20");
        Assert.That((await tool.ExpectAsync("announced", token)).GetProperty("name").GetString(), Is.EqualTo("room"));
        Assert.That((await tool.ExpectAsync("announced", token)).GetProperty("name").GetString(), Is.EqualTo("room/\u001balice"));
        var end = await tool.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((0, "{\"event\":\"caught_up\",\"count\":2,\"told\":true}\n")), end.Errors);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_ThatIsFollowed_ContinuesWithTheChanges_AndEndsWithThePeer(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var first = peer.Moq.Publish("first", peer.Moq.CreateBroadcast());
        using var tool = new ToolProcess("ls", peer.Ticket, "--follow", "--json");
        Assert.That((await tool.ExpectAsync("announced", token)).GetProperty("name").GetString(), Is.EqualTo("first"));
        using var second = peer.Moq.Publish("second", peer.Moq.CreateBroadcast());
        Assert.That((await tool.ExpectAsync("announced", token)).GetProperty("name").GetString(), Is.EqualTo("second"));
        first.Dispose();
        Assert.That((await tool.ExpectAsync("withdrawn", token)).GetProperty("name").GetString(), Is.EqualTo("first"));
        await peer.Moq.DisposeAsync();
        Assert.That((await tool.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_ThatIsFollowed_SaysWhy_WhenThePeerIsLost(CancellationToken token)
    {
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "n", "--track", "t", "--json", "--clock");
        var listening = await publisher.ExpectAsync("listening", token);
        using var tool = new ToolProcess("ls", listening.GetProperty("ticket").GetString()!, "--follow");
        Assert.That(await tool.ReadLineAsync(token), Is.EqualTo("n"));
        await publisher.KillAsync(token);
        var end = await tool.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("the session ended: nothing arrived from the peer within the idle timeout"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_ThatIsFollowed_MarksTheChanges_AndStopsOnInterrupt(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var tool = new ToolProcess("ls", peer.Ticket, "--follow");
        await using var events = peer.Moq.ReadSessionEventsAsync(cancellationToken: token).GetAsyncEnumerator(token);
        Assert.That(await events.MoveNextAsync());
        using var registration = peer.Moq.Publish("late", peer.Moq.CreateBroadcast());
        // Whether the name is part of the first list depends on the time at which the session began.
        Assert.That(await tool.ReadLineAsync(token), Is.EqualTo("+ late").Or.EqualTo("late"));
        registration.Dispose();
        Assert.That(await tool.ReadLineAsync(token), Is.EqualTo("- late"));
        tool.Interrupt();
        Assert.That((await tool.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_OfAPeerWithoutBroadcasts_IsEmpty_AndSaysSoOnStandardError(CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var tool = new ToolProcess("ls", peer.Ticket);
        var end = await tool.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((0, "")));
        Assert.That(end.Errors, Does.Contain("no broadcasts"));
    }

    /// <summary>Up to moq-lite-04, the end of the list is not marked, and a later version ends it at once.</summary>
    [TestCase("moq-lite-04", "kept changing for 3 s (--timeout)")]
    [TestCase("moq-lite-05", "")]
    [CancelAfter(60_000)]
    public async Task List_OfAPeerWhoseAnnouncementsKeepChanging_EndsAtTheMarkOrWithTheTimeout(
        string protocol, string errors, CancellationToken token)
    {
        await using var peer = await LoopbackPeer.ServeAsync(token);
        using var steady = peer.Moq.Publish("steady", peer.Moq.CreateBroadcast());
        using var tool = new ToolProcess("ls", peer.Ticket, "--timeout", "3", "--alpn", protocol);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var ending = tool.EndAsync(token);
        IDisposable? changing = null;
        while (!ending.IsCompleted && await timer.WaitForNextTickAsync(token))
        {
            var previous = changing;
            changing = previous is null ? peer.Moq.Publish("changing", peer.Moq.CreateBroadcast()) : null;
            previous?.Dispose();
        }

        var end = await ending;
        Assert.That(end.Code, Is.Zero, end.Errors);
        Assert.That(end.Output, Does.Contain("steady\n"));
        Assert.That(end.Errors, errors.Length > 0 ? Does.Contain(errors) : Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_OfAPeerWithoutACommonVersion_NamesTheOption(CancellationToken token)
    {
        using var publisher = new ToolProcess(
            "publish", "--bind", "127.0.0.1:0", "--name", "n", "--track", "t", "--json", "--clock", "--alpn", "moq-lite-05");
        var listening = await publisher.ExpectAsync("listening", token);
        using var tool = new ToolProcess("ls", listening.GetProperty("ticket").GetString()!, "--alpn", "moq-lite-06,moq-lite-04");
        var end = await tool.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("accepts none of the offered protocols").And.Contain("--alpn of both sides"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task List_OfAPeerThatIsNotThere_ExitsWith1_AfterTheTimeout(CancellationToken token)
    {
        using var silent = new System.Net.Sockets.UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var began = Stopwatch.GetTimestamp();
        using var tool = new ToolProcess(
            "ls", "--id", SecretKey.Generate().Id.ToString(), "--addr", silent.Client.LocalEndPoint!.ToString()!, "--timeout", "1");
        var end = await tool.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain("within 1 s").And.Not.Contain("   at "));
        // The start of the program takes as long as that of another command.
        var elapsed = Stopwatch.GetElapsedTime(began);
        using var start = new ToolProcess("id");
        began = Stopwatch.GetTimestamp();
        await start.EndAsync(token);
        Assert.That(elapsed, Is.LessThan(TimeSpan.FromSeconds(2) + (3 * Stopwatch.GetElapsedTime(began))));
    }
}
