namespace IrohMoq.Reactive.Wire;

// 03–05:   absent: ANNOUNCE
// 06:      Type (i) = 2, Length (i), Announce ID (i), Hop Count (i), Hop ID (i)…, Warm Cost (i), Cold Cost (i)
// moq-lite draft 06, "ANNOUNCE_UPDATE". The length does not count the type.

/// <summary>
/// Represents the message with which a publisher replaces the relays and costs of a route. The prefix and the number of the route stay.
/// </summary>
/// <param name="Id">The number of the announcement on its stream.</param>
/// <param name="Route">The relays and costs that apply from now on.</param>
internal readonly record struct AnnounceUpdate(ulong Id, Route Route) : IMessage<AnnounceUpdate>
{
    public const ulong Type = 2;

    public static string Name => "ANNOUNCE_UPDATE";

    public int MaxBodySize => Varint.MaxLength + Route.MaxSize;

    public static ulong? ResponseType(MoqVersion version) => Type;

    public static bool ClosesSession(MoqVersion version) => true;

    public static AnnounceUpdate ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite06 => new AnnounceUpdate(reader.Varint("announce id"), Route.Read(ref reader)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite06:
                writer.Varint(Id);
                Route.Write(ref writer);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
