using System.Text.Json;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports the end of a transfer at the receiver.</summary>
/// <param name="Received">The number of files that were received.</param>
/// <param name="AlreadyHere">The number of files that were here before, with the same contents.</param>
/// <param name="Failed">The number of files and folders that are missing or differ.</param>
/// <param name="Bytes">The number of bytes that were transferred.</param>
/// <param name="Elapsed">The duration of the transfer.</param>
internal sealed record ReceivedFiles(int Received, int AlreadyHere, int Failed, long Bytes, TimeSpan Elapsed) : OutputEvent("received")
{
    public override string Text
    {
        get
        {
            var rate = Elapsed > TimeSpan.Zero ? $", {ByteSize.Format(Bytes / Elapsed.TotalSeconds)}/s" : "";
            var here = AlreadyHere > 0 ? $", {AlreadyHere:N0} already here" : "";
            var failed = Failed > 0 ? $", {Failed:N0} failed" : "";
            return $"ended      {Received:N0} received{here}{failed}, {ByteSize.Format(Bytes)} transferred{rate}";
        }
    }

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("files", Received);
        json.WriteNumber("already_here", AlreadyHere);
        json.WriteNumber("failed", Failed);
        json.WriteNumber("bytes", Bytes);
        json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
    }
}
