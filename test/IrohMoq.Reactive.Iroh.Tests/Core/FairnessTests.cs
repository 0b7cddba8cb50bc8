using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Streams of one connection delay each other within bounds.</summary>
[Parallelizable(ParallelScope.All)]
public class FairnessTests
{
    private const int Rate = 10_000_000;
    private const int PacketSize = 1_452;

    // The queue of the path adds at most half a round trip, so that the latencies show what the connection adds.
    private static readonly LinkModel Link = new() { Delay = TimeSpan.FromMilliseconds(10), Rate = Rate, Queue = 100_000 };

    public enum Kind
    {
        /// <summary>Bidirectional streams, which are sent before unidirectional ones.</summary>
        Bidirectional,

        /// <summary>Unidirectional streams with a higher priority than the bulk stream.</summary>
        Prioritized,

        /// <summary>Unidirectional streams with the same priority as the bulk stream.</summary>
        Equal,
    }

    [Test]
    public void HundredInteractiveStreams_BesideBulk_WaitForAtMostOneTurn_AndBulkIsNotStarved(
        [Values] Kind kind, [Values] CongestionControl control)
    {
        var alone = Run(kind, control, hasBulk: false);
        var beside = Run(kind, control, hasBulk: true);
        TestContext.Out.WriteLine(
            $"p99 alone {alone.Percentile99.TotalMilliseconds:0.0} ms, beside bulk {beside.Percentile99.TotalMilliseconds:0.0} ms, "
            + $"at most {beside.MaxBulkAhead} bytes of bulk ahead, bulk {beside.BulkRate / 1e6:0.0} MB/s");
        Assert.That(beside.MaxBulkAhead, Is.LessThanOrEqualTo((kind == Kind.Equal ? SendSchedule.Turn : 0) + (2 * PacketSize)));
        // BBR measures the round-trip time for 200 ms every 10 s and sends next to nothing meanwhile, also without bulk; with it, a turn of
        // bulk is then in front of the message.
        if (kind != Kind.Equal || control != CongestionControl.Bbr)
            Assert.That(beside.Percentile99, Is.LessThanOrEqualTo(3 * alone.Percentile99));
        Assert.That(beside.BulkRate, Is.GreaterThan(0.7 * Rate));
    }

    [Test]
    public void BulkStreams_HaveEqualShares([Values(2, 10, 100)] int count)
    {
        using var pair = new VirtualPair(1, Link);
        pair.Connect();
        var streams = new List<VirtualStream>();
        for (var i = 0; i < count; i++)
        {
            pair.Dialed.Open(isUni: true, stream =>
            {
                streams.Add(stream);
                stream.Send.Write(new byte[(100 << 20) / count]);
            });
        }

        for (var i = 0; i < 30; i++)
        {
            pair.Network.Run(TimeSpan.FromMilliseconds(100));
            // A stream has begun its turn, and another has not.
            Assert.That(
                streams.Max(static stream => stream.Send.Offset) - streams.Min(static stream => stream.Send.Offset),
                Is.LessThanOrEqualTo(SendSchedule.Turn + (2 * PacketSize)), pair.Description);
        }

        Assert.That(streams.Sum(static stream => stream.Send.Offset), Is.GreaterThan(0.7 * 3 * Rate));
    }

    private static InteractiveLoad Run(Kind kind, CongestionControl control, bool hasBulk)
    {
        using var pair = new VirtualPair(1, Link, settings: settings => settings with { CongestionControl = control });
        return InteractiveLoad.Run(
            pair, kind != Kind.Bidirectional, stream =>
            {
                if (kind == Kind.Prioritized)
                    _ = stream.TryReorder(new SendOrder(Priority: 1, Flow: (ulong)stream.Id, Position: 0));
            }, hasBulk);
    }
}
