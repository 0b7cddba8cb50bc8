namespace IrohMoq.Reactive.Wire;

// Length (i), Bitrate (i) = 0 unknown | bits per second
// moq-lite draft, "PROBE".

/// <summary>
/// Represents a message with a bitrate. The side that opened a Probe stream sends its target bitrate, the other side its estimate. Peers
/// may open the stream without sending this message, so a server must not wait for one.
/// </summary>
/// <param name="Bitrate">
/// The bitrate in bits per second, or null if it is unknown. A measured 0 is sent as 1, because 0 on the wire means unknown.
/// </param>
internal readonly record struct Probe(ulong? Bitrate) : IOpeningMessage<Probe>
{
    public static string Name => "PROBE";

    public static ulong StreamType => (ulong)BidiStreamType.Probe;

    public int MaxBodySize => Varint.MaxLength;

    public static Probe ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new Probe(reader.Varint("bitrate") is > 0 and var bitrate ? bitrate : null),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Number(Bitrate is { } measured ? Math.Max(measured, 1) : 0, nameof(Bitrate));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
