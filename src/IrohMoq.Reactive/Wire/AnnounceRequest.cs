namespace IrohMoq.Reactive.Wire;

// Length (i), Prefix (path)
// moq-lite draft, "ANNOUNCE_PLEASE" (renamed ANNOUNCE_REQUEST later).

/// <summary>
/// Represents the message with which a subscriber requests the announcements of broadcasts below a prefix. It is the first message on an
/// Announce stream.
/// </summary>
/// <param name="Prefix">The prefix of the requested broadcasts; empty for all broadcasts.</param>
internal readonly record struct AnnounceRequest(BroadcastPath Prefix) : IOpeningMessage<AnnounceRequest>
{
    public static string Name => "ANNOUNCE_REQUEST";

    public static ulong StreamType => (ulong)BidiStreamType.Announce;

    public int MaxBodySize => WireWriter.MaxSize(Prefix);

    public static AnnounceRequest ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new AnnounceRequest(reader.Path("prefix")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Path(Prefix, nameof(Prefix));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
