using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Whoever closes, the other side sees the code and the reason, and both know who it was.</summary>
[TestFixture("moq-lite-03")]
[TestFixture("moq-lite-04")]
[TestFixture("moq-lite-05")]
public sealed class CloseInteropTests(string protocol)
{
    [TestCase(42u, "bye (code 1)")]
    [TestCase(0u, "")]
    [TestCase(uint.MaxValue, "é")]
    [CancelAfter(60_000)]
    public async Task WeClose_TheNodePeerSeesCodeAndReason(uint code, string reason, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var peer = NodePeer.Start("peer", protocol);
        var session = await us.DialAsync(peer, ct);
        await peer.ExpectAsync("connected", ct);
        session.Close(new MoqErrorCode(code), reason);
        var seen = await peer.ExpectAsync("closed", ct);
        Assert.That((seen.Text("by"), seen.Number("code"), seen.Text("reason")), Is.EqualTo(("peer", (long)code, reason)));
        var own = await session.Closed.WaitAsync(ct);
        Assert.That((own.Cause, own.Code.Value, own.Reason, own.IsRemote), Is.EqualTo((SessionEndCause.Closed, code, reason, false)));
    }

    [TestCase(42u, "bye (code 1)")]
    [TestCase(7u, "")]
    [CancelAfter(60_000)]
    public async Task TheNodePeerCloses_WeSeeCodeAndReason(uint code, string reason, CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var peer = NodePeer.Start("peer", protocol);
        var incoming = us.Moq.IncomingSessions().FirstAsync().ToTask(ct);
        var closure = us.Moq.SessionClosures().FirstAsync().ToTask(ct);
        await us.DialedByAsync(peer, ct);
        var session = (await incoming).Accept();
        var waiting = session.SubscribeAsync("never", ct);
        await peer.SendAsync(new { cmd = "close", code, reason }, ct);

        var seen = await session.Closed.WaitAsync(ct);
        Assert.That((seen.Cause, seen.Code.Value, seen.Reason, seen.IsRemote), Is.EqualTo((SessionEndCause.Closed, code, reason, true)));
        Assert.That(await closure, Is.EqualTo(seen));
        var ended = await Assert.ThrowsAsync<MoqSessionClosedException>(async () => await waiting);
        Assert.That((ended!.Code.Value, ended.IsRemote), Is.EqualTo((code, true)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeReject_TheNodePeerSeesCodeOne(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var peer = NodePeer.Start("peer", protocol);
        using var rejecting = us.Moq.IncomingSessions().Subscribe(incoming => incoming.Reject());
        await us.DialedByAsync(peer, ct);
        var seen = await peer.ExpectAsync("closed", ct);
        Assert.That((seen.Text("by"), seen.Number("code")), Is.EqualTo(("peer", 1L)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WeShutDown_TheNodePeerSeesCodeZero(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var peer = NodePeer.Start("peer", protocol);
        await us.DialedByAsync(peer, ct);
        await us.Moq.ShutdownAsync();
        var seen = await peer.ExpectAsync("closed", ct);
        Assert.That((seen.Text("by"), seen.Number("code"), seen.Text("reason")), Is.EqualTo(("peer", 0L, "cancelled")));
    }
}
