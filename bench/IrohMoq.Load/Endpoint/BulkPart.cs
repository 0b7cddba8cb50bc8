using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Measures one stream of bulk data: by ngtcp2 alone (floor), by the endpoint (raw), by a track on the endpoint (moq), and, where
/// System.Net.Quic is supported, by the endpoint on it (quic), whose system calls are not known.
/// </summary>
internal sealed class BulkPart : EndpointPart
{
    private const string Rate = "rate MB/s";
    private const string Cpu = "cpu s/GB, both";
    private static readonly string[] Modes = QuicEndpoint.IsSupported ? ["floor", "raw", "moq", "quic"] : ["floor", "raw", "moq"];

    public override string Name => "bulk";

    public override IReadOnlyList<Goal> Goals { get; } =
    [
        new(Rate, "raw/floor", 0.9, IsLeast: true),
        new(Cpu, "raw/floor", 1.12),
        new(Cpu, "moq/raw", 1.15),
        .. QuicEndpoint.IsSupported ? (Goal[])[new(Rate, "raw/quic", 1.5, IsLeast: true), new(Cpu, "raw/quic", 1)] : [],
        new("send calls/GB, sender", "raw", 16_000),
        // A pool that grows while it is measured allocates a few blocks, but a packet none.
        new("allocated B/packet, sender", "raw", 1),
        new("allocated B/packet, receiver", "raw", 1),
    ];

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var cells = new List<Cell>();
        foreach (var mode in Modes)
        {
            var (sender, receiver) = await ThroughputRun.RunAsync(mode, sizes.Seconds);
            cells.Add(new Cell(Rate, mode, receiver.MegabytesPerSecond));
            cells.AddRange(
                Costs.Of(mode, "GB", ("sender", sender.Usage, sender.Bytes / 1e9), ("receiver", receiver.Usage, receiver.Bytes / 1e9)));
            if (sender.Usage.Calls.DatagramsSent > 0)
                cells.Add(new Cell("payload B/packet", mode, (double)sender.Bytes / sender.Usage.Calls.DatagramsSent));
        }

        cells.AddRange(Cell.Ratios(cells, "raw", "floor", "raw/floor", Rate, Cpu));
        cells.AddRange(Cell.Ratios(cells, "moq", "raw", "moq/raw", Rate, Cpu));
        if (QuicEndpoint.IsSupported)
            cells.AddRange(Cell.Ratios(cells, "raw", "quic", "raw/quic", Rate, Cpu));
        return cells;
    }
}
