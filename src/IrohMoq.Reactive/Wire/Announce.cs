namespace IrohMoq.Reactive.Wire;

// 03:      Length (i), Status (8) = 0 ended | 1 active, Suffix (path), Hops (i)
// 04:      Length (i), Status (8) = 0 ended | 1 active, Suffix (path), Hop Count (i), Hop ID (i)…   the sender is the last hop
// 05:      Length (i), Status (8) = 0 ended | 1, 2 active, Suffix (path), Hop Count (i), Hop ID (i)…   the sender is in ANNOUNCE_OK
// 06:      absent: ANNOUNCE_START, ANNOUNCE_UPDATE and ANNOUNCE_END
// moq-lite draft, "ANNOUNCE". The draft calls Status a varint; peers read one raw byte, which is the same for 0, 1 and 2.

/// <summary>
/// Represents the message with which a publisher reports that a broadcast began or ended. An Announce stream carries any number of these
/// messages, up to moq-lite-05.
/// </summary>
/// <param name="IsActive">
/// True if the broadcast began, false if it ended. In moq-lite-05 a broadcast may begin again without an end: the new announcement
/// replaces the live one.
/// </param>
/// <param name="Suffix">The path of the broadcast without the prefix that the subscriber of the stream requested.</param>
/// <param name="Hops">
/// The relays that the announcement passed. In moq-lite-03 all of them are unknown, because only their number is sent. The path is empty
/// for a broadcast that ended.
/// </param>
internal readonly record struct Announce(bool IsActive, BroadcastPath Suffix, HopPath Hops = default) : IMessage<Announce>
{
    private const byte Restarted = 2;

    public static string Name => "ANNOUNCE";

    public int MaxBodySize => 1 + WireWriter.MaxSize(Suffix) + Hops.MaxSize;

    public static Announce ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => ReadLite03(ref reader),
        MoqVersion.Lite04 => ReadLite04(ref reader, 1),
        MoqVersion.Lite05 => ReadLite04(ref reader, Restarted),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Bool(IsActive);
                writer.Path(Suffix, nameof(Suffix));
                writer.Varint(IsActive ? (ulong)Hops.Count : 0);
                break;
            case MoqVersion.Lite04 or MoqVersion.Lite05:
                writer.Bool(IsActive);
                writer.Path(Suffix, nameof(Suffix));
                (IsActive ? Hops : default).Write(ref writer);
                break;
            default:
                throw version.NotSpoken();
        }
    }

    private static Announce ReadLite03(ref WireReader reader)
    {
        var isActive = Status(ref reader, 1);
        var suffix = reader.Path("suffix");
        var hops = reader.Varint("hops");
        if (!isActive)
            return new Announce(false, suffix);
        return hops <= WireLimits.MaxHops
            ? new Announce(true, suffix, HopPath.Unknown((int)hops))
            : throw reader.OutOfBounds("hops", $"is {hops}, more than {WireLimits.MaxHops}");
    }

    private static Announce ReadLite04(ref WireReader reader, byte highest)
    {
        var isActive = Status(ref reader, highest);
        var suffix = reader.Path("suffix");
        var hops = HopPath.Read(ref reader);
        return new Announce(isActive, suffix, isActive ? hops : default);
    }

    private static bool Status(ref WireReader reader, byte highest)
    {
        var status = reader.Byte("status");
        return status <= highest
            ? status > 0
            : throw reader.Malformed("status", $"is {status} where only 0 (ended) to {highest} (active) are allowed");
    }
}
