using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>Estimates of the send rate, from this library to the Node peer and the other way round.</summary>
[NonParallelizable]
public sealed class ProbeInteropTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task TheNodePeerLearnsHowFastWeCanSend(CancellationToken ct)
    {
        await using var us = await MoqPeer.StartAsync();
        await using var reader = NodePeer.Start("reader", "moq-lite-05");
        await us.DialedByAsync(reader, ct);
        await reader.SendAsync(new { cmd = "watch_probe" }, ct);
        var probe = await reader.ExpectAsync("probe", ct);
        Assert.That(probe.Number("rate"), Is.GreaterThan(100_000));
        Assert.That(probe.Number("rtt"), Is.InRange(1, 1_000));
    }

    [TestCase("moq-lite-03")]
    [TestCase("moq-lite-04")]
    [TestCase("moq-lite-05")]
    [CancelAfter(60_000)]
    public async Task WeLearnHowFastTheNodePeerCanSend(string protocol, CancellationToken ct)
    {
        await using var publisher = NodePeer.Start("publisher", protocol);
        await using var us = await MoqPeer.StartAsync();
        var session = await us.DialAsync(publisher, ct);
        var estimate = await session.ReceiveRates().FirstAsync(static one => one.BytesPerSecond is not null).ToTask(ct);
        Assert.That(estimate.BytesPerSecond, Is.GreaterThan(10_000));
        Assert.That(estimate.RoundTripTime is null, Is.EqualTo(protocol == "moq-lite-03"));
    }
}
