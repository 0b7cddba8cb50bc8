using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Addresses and changes of the network, with a peer that is iroh itself.</summary>
public sealed class AddressInteropTests
{
    /// <summary>
    /// The ticket of an endpoint with the default options: IPv4 and IPv6, and no loopback address unless there is no other.
    /// </summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeer_DialsTheTicketOfTheDefaultOptions(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync(options: new IrohEndpointOptions());
        await using var reader = NodePeer.Start("reader");
        var connected = await us.DialedByAsync(reader, ct);
        Assert.That(connected.Text("id"), Is.EqualTo(us.Endpoint.Id.ToString()));
    }

    /// <summary>
    /// After a change of the network, the connection migrates: to a new connection id, and with a path that the peer validates.
    /// </summary>
    [TestCase(false)]
    [TestCase(true)]
    [CancelAfter(60_000)]
    public async Task ANetworkChange_KeepsTheConnectionToTheNodePeer(bool isDefaultBinding, CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher");
        await publisher.AskAsync(new { cmd = "publish", name = "live", tracks = new { t = new { end = false } } }, "published", ct);
        await using var us = await MoqPeer.StartAsync(options: isDefaultBinding ? new IrohEndpointOptions() : null);
        var session = await us.DialAsync(publisher, ct);
        Assert.That(session.Path!.RemoteEndPoint, Is.InstanceOf<IPEndPoint>());
        await using var broadcast = await session.SubscribeAsync("live", ct);
        await using var groups = broadcast.Track("t").ReadGroupsAsync(ct).GetAsyncEnumerator(ct);
        for (var group = 0; group < 4; group++)
        {
            var next = groups.MoveNextAsync();
            if (group == 0)
                await publisher.ExpectAsync("subscribed", ct);
            await publisher.AskAsync(new { cmd = "group", name = "live", track = "t", frames = new[] { 70_000 } }, "group_written", ct);
            Assert.That(await next, Is.True);
            Assert.That(groups.Current.Sequence, Is.EqualTo(group));
            await foreach (var frame in groups.Current.ReadFramesAsync(ct))
                Assert.That(frame.Length, Is.EqualTo(70_000));
            us.Endpoint.NetworkChanged();
        }

        Assert.That(session.Closed.IsCompleted, Is.False);
    }
}
