using System.Text.Json;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports the progress of one transfer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Done">The number of bytes that are at the receiver.</param>
/// <param name="Total">The size of all files of the transfer together.</param>
/// <param name="Rate">The average rate in bytes per second.</param>
internal sealed record FileProgress(EndpointId Peer, long Done, long Total, double Rate) : OutputEvent("progress")
{
    // With this width, the line fits into 80 columns.
    private const int BarWidth = 14;

    /// <summary>
    /// Gets a value indicating whether the sender compares what the receiver has, so that nothing is transferred meanwhile.
    /// </summary>
    public bool IsChecking { get; init; }

    public override string Text
    {
        get
        {
            var part = Total > 0 ? (double)Done / Total : 1;
            var filled = (int)(Math.Clamp(part, 0, 1) * BarWidth);
            if (IsChecking)
                return $"{Bar(part, filled)}  {ByteSize.Format(Done)} of {ByteSize.Format(Total)}  checking what is there";
            var left = Rate > 0 && Done < Total ? $"  {TimeSpan.FromSeconds((long)Math.Min((Total - Done) / Rate, 1e9)):c} left" : "";
            return $"{Bar(part, filled)}  {ByteSize.Format(Done)} of {ByteSize.Format(Total)}  {ByteSize.Format(Rate)}/s{left}";
        }
    }

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("id", Peer.ToString());
        json.WriteNumber("bytes", Done);
        json.WriteNumber("total", Total);
        json.WriteNumber("mb_s", Math.Round(Rate / 1e6, 3));
        if (IsChecking)
            json.WriteBoolean("checking", true);
    }

    private string Bar(double part, int filled) =>
        $"{Peer.ToShortString()} [{new string('#', filled)}{new string('-', BarWidth - filled)}] {Math.Floor(part * 100)} %";
}
