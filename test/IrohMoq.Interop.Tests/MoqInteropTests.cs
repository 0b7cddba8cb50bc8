using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>This library against a peer that nobody here wrote: moq-lite-03 by its author, over iroh's own QUIC.</summary>
public sealed class MoqInteropTests
{
    private static readonly int[][] Groups = [[1000, 0, 3_000_000], [], [5], [70_000, 70_000]];

    [Test]
    [CancelAfter(60_000)]
    public async Task WePublish_TheNodePeerReadsEveryByte_AndSeesOurClose(CancellationToken ct)
    {
        await using var endpoint = await BindAsync();
        await using var moq = Moq.Serve(endpoint);
        using var broadcast = new BroadcastProducer();
        using var video = broadcast.CreateTrack("video", new TrackOptions { Lossless = true });
        using var live = moq.Publish("room/alice", broadcast);
        await using var reader = NodePeer.Start("reader");
        var connected = await reader.AskAsync(new { cmd = "dial", ticket = endpoint.Ticket.ToString() }, "connected", ct);
        Assert.That(connected.Text("id"), Is.EqualTo(endpoint.Id.ToString()));
        var announced = await reader.AskAsync(new { cmd = "watch" }, "announced", ct);
        Assert.That((announced.Text("name"), announced.Flag("active")), Is.EqualTo(("room/alice", true)));

        var writing = WriteAsync(video, ct);
        var end = await reader.AskAsync(new { cmd = "subscribe", name = "room/alice", track = "video" }, "track_end", ct);
        await writing;
        Assert.That((end.Number("groups"), end.Number("frames"), end.Number("bytes"), end.Flag("ok")), Is.EqualTo((4L, 6L, 3_141_005L, true)));

        await moq.ShutdownAsync();
        var closed = await reader.ExpectAsync("closed", ct);
        Assert.That((closed.Text("by"), closed.Number("code"), closed.Text("reason")), Is.EqualTo(("peer", 0L, "cancelled")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerPublishes_WeReadEveryByte_AndItSeesOurCode(CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        var listening = await publisher.AskAsync(new { cmd = "listen" }, "listening", ct);
        await publisher.AskAsync(new { cmd = "publish", name = "room/bob", tracks = new { video = new { groups = Groups } } }, "published", ct);
        await using var endpoint = await BindAsync();
        await using var moq = new Moq(endpoint);
        var session = await moq.ConnectAsync(EndpointTicket.Parse(listening.Text("ticket")!), ct);
        await using var broadcast = await session.SubscribeAsync("room/bob", ct);

        var seen = new SortedDictionary<ulong, int>();
        await foreach (var group in broadcast.Track("video").ReadGroupsAsync(ct))
        {
            var frames = 0;
            await foreach (var frame in group.ReadFramesAsync(ct))
            {
                Assert.That(frame.Length, Is.EqualTo(Groups[group.Sequence][frames]));
                Assert.That(Pattern.FirstDifference(frame.Payload, "video", group.Sequence, frames), Is.EqualTo(-1));
                frames++;
            }

            seen.Add(group.Sequence, frames);
        }

        Assert.That(seen, Is.EqualTo(Groups.Select((frames, i) => KeyValuePair.Create((ulong)i, frames.Length))));
        session.Close(new MoqErrorCode(42), "bye");
        var closed = await publisher.ExpectAsync("closed", ct);
        Assert.That((closed.Text("by"), closed.Number("code"), closed.Text("reason")), Is.EqualTo(("peer", 42L, "bye")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task AWrongId_AndAnUnknownProtocol_AreTypedErrors(CancellationToken ct)
    {
        await using var peer = NodePeer.Start("peer");
        var listening = await peer.AskAsync(new { cmd = "listen" }, "listening", ct);
        var address = EndpointTicket.Parse(listening.Text("ticket")!).Address;
        await using var endpoint = await BindAsync();
        var wrong = new EndpointAddr(SecretKey.Generate().Id, [.. address.Addresses]);
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await endpoint.ConnectAsync(wrong, ["moq-lite-03"], ct));
        Assert.That(failure!.Reason, Is.EqualTo(ConnectFailure.WrongPeer));
        failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await endpoint.ConnectAsync(address, ["unknown"], ct));
        Assert.That(failure!.Reason, Is.EqualTo(ConnectFailure.NoCommonProtocol));
    }

    private static ValueTask<IrohEndpoint> BindAsync() =>
        IrohEndpoint.BindAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static async Task WriteAsync(TrackProducer track, CancellationToken ct)
    {
        await track.WaitForSubscriberAsync(ct);
        foreach (var sizes in Groups)
        {
            using var group = await track.AppendGroupAsync(ct);
            for (var frame = 0; frame < sizes.Length; frame++)
                await group.WriteAsync(Pattern.Frame(track.Name, group.Sequence, frame, sizes[frame]), ct);
            group.Finish();
        }

        track.Finish();
        await track.WaitForNoSubscriberAsync(ct);
    }
}
