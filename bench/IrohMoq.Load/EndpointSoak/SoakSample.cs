using System.Globalization;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Represents one line of the table: what was done since the previous line, and what the process uses.</summary>
/// <param name="At">The time since the beginning.</param>
/// <param name="Duration">The time since the previous line.</param>
/// <param name="Work">The number of units of each kind of work since the previous line, by the value of the kind.</param>
/// <param name="Latency50">The latency, in milliseconds, that half of the interactive messages do not exceed.</param>
/// <param name="Latency99">The latency, in milliseconds, that 99 % of the interactive messages do not exceed.</param>
/// <param name="Usage">The resources of the process, without the memory blocks that are kept for reuse.</param>
/// <param name="Connections">The number of connections of both endpoints.</param>
/// <param name="Streams">The number of open streams of the connections without MoQ, on both sides.</param>
/// <param name="Buffered">The number of bytes that both endpoints buffer for readers and writers.</param>
internal sealed record SoakSample(
    TimeSpan At, TimeSpan Duration, long[] Work, double Latency50, double Latency99, ProcessUsage Usage, int Connections, int Streams,
    long Buffered)
{
    private static readonly (string Name, Func<SoakSample, double> Value, int Digits)[] Columns =
    [
        ("s", static sample => sample.At.TotalSeconds, 0),
        ("bulk MB/s", static sample => sample.Rate(SoakWork.BulkBytes) / 1e6, 1),
        ("pings/s", static sample => sample.Rate(SoakWork.Pings), 0),
        ("p50 ms", static sample => sample.Latency50, 2),
        ("p99 ms", static sample => sample.Latency99, 2),
        ("connects/s", static sample => sample.Rate(SoakWork.Connects), 0),
        ("datagrams/s", static sample => sample.Rate(SoakWork.Datagrams), 0),
        ("rejected/s", static sample => sample.Rate(SoakWork.Rejected), 0),
        ("vanished", static sample => sample.Work[(int)SoakWork.Vanished], 0),
        ("groups/s", static sample => sample.Rate(SoakWork.Groups), 0),
        ("sessions", static sample => sample.Work[(int)SoakWork.Sessions], 0),
        ("rss MB", static sample => sample.Usage.Resident / 1e6, 1),
        ("managed MB", static sample => sample.Usage.ManagedHeap / 1e6, 2),
        ("native MB", static sample => sample.Usage.NativeHeap / 1e6, 2),
        ("handles", static sample => sample.Usage.Handles, 0),
        ("threads", static sample => sample.Usage.Threads, 0),
        ("conns", static sample => sample.Connections, 0),
        ("streams", static sample => sample.Streams, 0),
        ("buffered kB", static sample => sample.Buffered / 1e3, 0),
    ];

    /// <summary>Gets the two lines at the head of the table.</summary>
    public static string Head =>
        $"| {string.Join(" | ", Columns.Select(static column => column.Name))} |\n|{string.Concat(Columns.Select(static _ => "---|"))}";

    /// <summary>Returns the line of the table.</summary>
    public override string ToString() =>
        $"| {string.Join(" | ", Columns.Select(column =>
            column.Value(this).ToString($"F{column.Digits}", CultureInfo.InvariantCulture).PadLeft(column.Name.Length)))} |";

    private double Rate(SoakWork work) => Work[(int)work] / Duration.TotalSeconds;
}
