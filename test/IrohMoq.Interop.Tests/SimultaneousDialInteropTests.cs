using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>
/// A real peer dials this side while this side dials it, and does not know which of the two connections is kept. Both sides continue to
/// work, whichever id is the smaller one.
/// </summary>
public sealed class SimultaneousDialInteropTests
{
    private static readonly int[][] Groups = [[1000, 0], [], [70_000]];

    [TestCase(
        true, Description = "The connection that this side dialed stays; the peer's stays as well, since only its dialer would close it.")]
    [TestCase(false, Description = "The connection that the peer dialed stays; this side closes its own.")]
    [CancelAfter(60_000)]
    public async Task PeerDialsWhileItIsDialed_BothSidesKeepWorking(bool isOursTheSmallerId, CancellationToken ct)
    {
        await using var node = NodePeer.Start("node");
        await node.AskAsync(new { cmd = "publish", name = "theirs", tracks = new { t = Groups } }, "published", ct);
        var listening = await node.AskAsync(new { cmd = "listen" }, "listening", ct);
        var theirs = EndpointTicket.Parse(listening.Text("ticket"));
        await using var us = await MoqPeer.StartAsync(KeyBeside(theirs.Address.Id, isOursTheSmallerId));
        using var broadcast = new BroadcastProducer();
        using var live = us.Moq.Publish("ours", broadcast);
        var (events, closures) = (new List<bool>(), new List<SessionClosed>());
        using var presence = us.Moq.SessionEvents().Subscribe(happened => events.Add(happened.IsOpening));
        using var ends = us.Moq.SessionClosures().Subscribe(closures.Add);

        await node.SendAsync(new { cmd = "dial", ticket = us.Endpoint.Ticket.ToString() }, ct);
        // Both dials are on their way, and either may arrive first.
        await using var session = await us.Moq.ConnectAsync(theirs, ct);
        var atServer = await node.ExpectAsync("connected", ct, e => e.Text("side") == "server");
        var atClient = await node.ExpectAsync("connected", ct, e => e.Text("side") == "client");
        if (!isOursTheSmallerId)
        {
            var closed = await node.ExpectAsync("closed", ct);
            Assert.That(
                (closed.Number("session"), closed.Text("by"), closed.Number("code"), closed.Text("reason")),
                Is.EqualTo((atServer.Number("session"), "peer", 65600L, "superseded")));
        }

        var theirSessions = isOursTheSmallerId
            ? new[] { atServer.Number("session"), atClient.Number("session") }
            : [atClient.Number("session")];
        foreach (var number in theirSessions)
        {
            using var track = broadcast.CreateTrack($"t{number}", new TrackOptions { Lossless = true });
            var writing = TrackPattern.WriteAsync(track, Groups, ct);
            await node.SendAsync(new { cmd = "subscribe", session = number, name = "ours", track = $"t{number}" }, ct);
            var end = await node.ExpectAsync("track_end", ct, e => e.Number("session") == number);
            Assert.That((end.Number("groups"), end.Flag("ok")), Is.EqualTo((3L, true)));
            await writing;
        }

        await using var read = await session.SubscribeAsync("theirs", ct);
        await TrackPattern.VerifyAsync(read.Track("t"), Groups, ct);
        await using var again = await us.Moq.ConnectAsync(theirs, ct);
        Assert.That(again, Is.EqualTo(session), "one session, whatever carries it");
        Assert.That((events, closures), Is.EqualTo((new[] { true }, Array.Empty<SessionClosed>())), "no event reports a disconnect");
    }

    /// <summary>Returns a key whose id is smaller or greater than that of the peer, as the argument says.</summary>
    private static SecretKey KeyBeside(EndpointId peer, bool isSmaller)
    {
        while (true)
        {
            var key = SecretKey.Generate();
            if (key.Id < peer == isSmaller)
                return key;
        }
    }
}
