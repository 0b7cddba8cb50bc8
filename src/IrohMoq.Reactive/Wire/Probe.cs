namespace IrohMoq.Reactive.Wire;

// 03:      Length (i), Bitrate (i) = 0 unknown | bits per second
// 04–06:   Length (i), Bitrate (i) = 0 unknown | bits per second, RTT (i) = 0 unknown | milliseconds
// moq-lite draft, "PROBE".

/// <summary>
/// Represents a message with a bitrate. The side that opened a Probe stream sends its target bitrate, the other side its estimate. Peers
/// may open the stream without sending this message, so a server must not wait for one.
/// </summary>
/// <param name="Bitrate">
/// The bitrate in bits per second, or null if it is unknown. A measured 0 is sent as 1, because 0 on the wire means unknown.
/// </param>
/// <param name="Rtt">
/// The round-trip time in milliseconds, or null if it is unknown. A measured 0 is sent as 1. In moq-lite-03 it is not sent.
/// </param>
internal readonly record struct Probe(ulong? Bitrate, ulong? Rtt = null) : IOpeningMessage<Probe>
{
    public static string Name => "PROBE";

    public static ulong StreamType => (ulong)BidiStreamType.Probe;

    public int MaxBodySize => 2 * Varint.MaxLength;

    public static Probe ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new Probe(Measured(reader.Varint("bitrate"))),
        MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06 => new Probe(
            Measured(reader.Varint("bitrate")), Measured(reader.Varint("rtt"))),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        if (version is < MoqVersion.Lite03 or > MoqVersion.Lite06)
            throw version.NotSpoken();
        writer.Number(Known(Bitrate), nameof(Bitrate));
        if (version >= MoqVersion.Lite04)
            writer.Number(Known(Rtt), nameof(Rtt));
    }

    private static ulong? Measured(ulong value) => value > 0 ? value : null;

    private static ulong Known(ulong? measured) => measured is { } value ? Math.Max(value, 1) : 0;
}
