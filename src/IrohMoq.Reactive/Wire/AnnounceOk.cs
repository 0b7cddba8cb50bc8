namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05, 06:  Length (i), Hop ID (i) = 0 none | id, Active Count (i)
// moq-lite draft, "ANNOUNCE_OK". It has no type, unlike the announcements of 06 that follow it.

/// <summary>
/// Represents the message with which a publisher answers an ANNOUNCE_REQUEST. It is the first message on the publisher's side of an
/// Announce stream.
/// </summary>
/// <param name="Hop">
/// The id of the publisher, or 0 if it has none. The receiver appends it to the hops of every announcement on the stream.
/// </param>
/// <param name="ActiveCount">The number of announcements that follow at once. They are the initial set.</param>
internal readonly record struct AnnounceOk(ulong Hop, ulong ActiveCount) : IMessage<AnnounceOk>
{
    public static string Name => "ANNOUNCE_OK";

    public int MaxBodySize => 2 * Varint.MaxLength;

    public static bool ClosesSession(MoqVersion version) => version >= MoqVersion.Lite06;

    public static AnnounceOk ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite05 or MoqVersion.Lite06 => new AnnounceOk(reader.Varint("hop id"), reader.Varint("active count")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.Varint(Hop);
                writer.Number(ActiveCount, nameof(ActiveCount));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
