namespace IrohMoq.Reactive.Wire;

// 03–05:   absent: ANNOUNCE
// 06:      Type (i) = 1, Length (i), Announce ID (i)
// moq-lite draft 06, "ANNOUNCE_END". The length does not count the type.

/// <summary>Represents the message with which a publisher withdraws a route. Subscriptions that use the route continue.</summary>
/// <param name="Id">The number of the announcement on its stream, which is not used again.</param>
internal readonly record struct AnnounceEnd(ulong Id) : IMessage<AnnounceEnd>
{
    public const ulong Type = 1;

    public static string Name => "ANNOUNCE_END";

    public int MaxBodySize => Varint.MaxLength;

    public static ulong? ResponseType(MoqVersion version) => Type;

    public static bool ClosesSession(MoqVersion version) => true;

    public static AnnounceEnd ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite06 => new AnnounceEnd(reader.Varint("announce id")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite06:
                writer.Varint(Id);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
