using System.Text.Json;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>One frame of a recorded session, in the order in which the recording proxy saw it.</summary>
/// <param name="Number">The index among the events of the recording.</param>
/// <param name="IsOurs">True if the side sent it that this library plays.</param>
/// <param name="Kind">What was sent.</param>
/// <param name="Stream">The number of the stream in the recording; -1 for an event of the connection.</param>
/// <param name="Bytes">The data of a stream, or the datagram.</param>
/// <param name="Fin">True if the sender ended its direction of the stream.</param>
/// <param name="Code">The code of a reset, stop or close.</param>
internal sealed record RecordedEvent(int Number, bool IsOurs, RecordedEventKind Kind, long Stream, byte[] Bytes, bool Fin, uint Code)
{
    /// <summary>Gets a value that indicates whether the event ends the session.</summary>
    public bool EndsSession => Kind is RecordedEventKind.Close or RecordedEventKind.TransportEnd;

    public static RecordedEvent From(JsonElement json, int number, string ours) => new(
        number,
        json.GetProperty("by").GetString() == ours,
        json.GetProperty("frame").GetString() switch
        {
            "STREAM" => RecordedEventKind.Data,
            "RESET_STREAM" => RecordedEventKind.Reset,
            "STOP_SENDING" => RecordedEventKind.Stop,
            "DATAGRAM" => RecordedEventKind.Datagram,
            "APPLICATION_CLOSE" => RecordedEventKind.Close,
            "TCP_END" => RecordedEventKind.TransportEnd,
            var other => throw new FormatException($"The event '{other}' is unknown."),
        },
        json.TryGetProperty("stream", out var stream) ? stream.GetInt64() : -1,
        json.TryGetProperty("hex", out var hex) ? Convert.FromHexString(hex.GetString()!) : [],
        json.TryGetProperty("fin", out var fin) && fin.GetBoolean(),
        json.TryGetProperty("code", out var code) ? code.GetUInt32() : 0);

    public override string ToString() =>
        $"event {Number}, {Kind} on stream {Stream} {Convert.ToHexStringLower(Bytes)}{(Fin ? " FIN" : "")} code {Code}";
}

/// <summary>Specifies what a recorded frame is.</summary>
internal enum RecordedEventKind
{
    Data,
    Reset,
    Stop,
    Datagram,
    Close,

    /// <summary>The connection under QMux ended.</summary>
    TransportEnd,
}
