namespace IrohMoq.Reactive.Wire;

// Length (i), Bitrate (i) = 0 unknown | bits per second
// moq-lite draft, "PROBE".

/// <summary>
/// A bitrate: from the opener of a Probe stream its target, from the other side its estimate. Peers may open the stream and send none, so
/// a server must not wait for it.
/// </summary>
/// <param name="Bitrate">Bits per second; null for unknown. A measured 0 is sent as 1, because 0 on the wire is unknown.</param>
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
