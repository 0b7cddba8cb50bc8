namespace IrohMoq.Reactive.Wire;

// 03, 06:  Length (i), Prefix (path)
// 04, 05:  Length (i), Prefix (path), Exclude Hop (i) = 0 none | id
// moq-lite draft, "ANNOUNCE_PLEASE" (renamed ANNOUNCE_REQUEST later). In 06 the subscriber declares its id in SETUP instead.

/// <summary>
/// Represents the message with which a subscriber requests the announcements of broadcasts below a prefix. It is the first message on an
/// Announce stream.
/// </summary>
/// <param name="Prefix">The prefix of the requested broadcasts; empty for all broadcasts.</param>
/// <param name="ExcludeHop">
/// The id of a relay; announcements that passed it are not needed, because they would form a loop. The value 0 excludes nothing. Versions
/// that lack the field leave it out.
/// </param>
internal readonly record struct AnnounceRequest(BroadcastPath Prefix, ulong ExcludeHop = 0) : IOpeningMessage<AnnounceRequest>
{
    public static string Name => "ANNOUNCE_REQUEST";

    public static ulong StreamType => (ulong)BidiStreamType.Announce;

    public int MaxBodySize => WireWriter.MaxSize(Prefix) + Varint.MaxLength;

    public static AnnounceRequest ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite06 => new AnnounceRequest(reader.Path("prefix")),
        MoqVersion.Lite04 or MoqVersion.Lite05 => new AnnounceRequest(reader.Path("prefix"), reader.Varint("exclude hop")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite06:
                writer.Path(Prefix, nameof(Prefix));
                break;
            case MoqVersion.Lite04 or MoqVersion.Lite05:
                writer.Path(Prefix, nameof(Prefix));
                writer.Varint(ExcludeHop);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
