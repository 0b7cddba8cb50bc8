using System.Net;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The connections that have something to do in a round of the I/O thread.</summary>
[Parallelizable(ParallelScope.All)]
public class ActiveConnectionsTests
{
    [Test]
    public async Task ConnectionThatIsAddedTwice_IsFlushedOnce_AndGetsAPlaceInTime()
    {
        await using var loop = new TestLoop();
        using var sockets = new SocketSet([new BindAddress(new IPEndPoint(IPAddress.Loopback, 0))]);
        var timeline = new Timeline();
        var active = new ActiveConnections(sockets, timeline);
        Assert.That(active.IsEmpty, Is.True);
        var connection = loop.Dial();
        active.Add(connection);
        active.Add(connection);
        Assert.That((active.IsEmpty, connection.IsActive), Is.EqualTo((false, true)));
        active.Flush(now: 2);
        Assert.That((active.IsEmpty, connection.IsActive, connection.Core.Statistics.PacketsSent), Is.EqualTo((true, false, (long?)1)));
        Assert.That(timeline.Next, Is.EqualTo(connection.Core.Expiry).And.Not.EqualTo(ulong.MaxValue));
        active.Add(connection);
        Assert.That((active.IsEmpty, connection.IsActive), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task ConnectionThatHasEnded_LeavesTheTimeline()
    {
        await using var loop = new TestLoop();
        using var sockets = new SocketSet([new BindAddress(new IPEndPoint(IPAddress.Loopback, 0))]);
        var timeline = new Timeline();
        var active = new ActiveConnections(sockets, timeline);
        var connection = loop.Dial();
        active.Add(connection);
        active.Flush(now: 2);
        connection.Core.Close(0, "", now: 3);
        active.Add(connection);
        active.Flush(now: 3);
        Assert.That((active.IsEmpty, timeline.Next), Is.EqualTo((true, ulong.MaxValue)));
    }
}
