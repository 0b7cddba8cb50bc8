namespace IrohMoq.Reactive.Wire;

// 03–05:   absent: ANNOUNCE
// 06:      Type (i) = 0, Length (i), Suffix (path), Hop Count (i), Hop ID (i)…, Warm Cost (i), Cold Cost (i)
// moq-lite draft 06, "ANNOUNCE_START". The length does not count the type.

/// <summary>
/// Represents the message with which a publisher announces a route: broadcasts below a prefix can be requested from it. The announcements
/// of a stream are numbered 0, 1, 2 and so on, in the order of these messages; the number is not sent.
/// </summary>
/// <param name="Suffix">The prefix of the route, without the prefix that the subscriber of the stream requested.</param>
/// <param name="Route">The relays and costs of the route.</param>
internal readonly record struct AnnounceStart(BroadcastPath Suffix, Route Route = default) : IMessage<AnnounceStart>
{
    public const ulong Type = 0;

    public static string Name => "ANNOUNCE_START";

    public int MaxBodySize => WireWriter.MaxSize(Suffix) + Route.MaxSize;

    public static ulong? ResponseType(MoqVersion version) => Type;

    public static bool ClosesSession(MoqVersion version) => true;

    public static AnnounceStart ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite06 => new AnnounceStart(reader.Path("suffix"), Route.Read(ref reader)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite06:
                writer.Path(Suffix, nameof(Suffix));
                Route.Write(ref writer);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
