using System.Text.Json;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reports the end of a transfer at the sender.</summary>
/// <param name="Peer">The receiver.</param>
/// <param name="Bytes">The number of bytes that this transfer has transferred.</param>
/// <param name="Error">The reason if the receiver has not every file, without control characters; otherwise null.</param>
internal sealed record SentFiles(EndpointId Peer, long Bytes, string? Error) : OutputEvent(Error is null ? "delivered" : "incomplete")
{
    public override string Text => Error is null
        ? $"delivered  to {Peer.ToShortString()}: all files, {ByteSize.Format(Bytes)} sent"
        : $"incomplete at {Peer.ToShortString()} after {ByteSize.Format(Bytes)}: {Error}";

    public override void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("id", Peer.ToString());
        json.WriteNumber("bytes", Bytes);
        if (Error is not null)
            json.WriteString("reason", Error);
    }
}
