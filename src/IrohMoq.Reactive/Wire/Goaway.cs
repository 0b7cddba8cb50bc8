namespace IrohMoq.Reactive.Wire;

// 03:      absent
// 04–06:   Length (i), New Session URI (s) = "" none, at most 8192 bytes
// moq-lite draft, "GOAWAY".

/// <summary>
/// Represents the message with which one side asks the other one to end the session soon. It is the only message on a Goaway stream, and
/// each side sends it at most once.
/// </summary>
/// <param name="Uri">
/// The URI at which the receiver may connect instead, or an empty string. A client always sends an empty string; the receiver checks it.
/// </param>
internal readonly record struct Goaway(string Uri) : IOpeningMessage<Goaway>
{
    public static string Name => "GOAWAY";

    public static ulong StreamType => (ulong)BidiStreamType.Goaway;

    public int MaxBodySize => WireWriter.MaxSize(Uri, WireLimits.MaxUriBytes);

    public static bool ClosesSession(MoqVersion version) => version >= MoqVersion.Lite06;

    public static Goaway ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06 => new Goaway(reader.String("uri", WireLimits.MaxUriBytes)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.String(Uri, nameof(Uri), WireLimits.MaxUriBytes);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
