namespace IrohMoq.Reactive.Wire;

// Length (i), Status (8) = 0 ended | 1 active, Suffix (path), Hops (i)
// moq-lite draft, "ANNOUNCE". The draft calls Status a varint; peers read one raw byte, which is the same for 0 and 1.

/// <summary>
/// Represents the message with which a publisher reports that a broadcast began or ended. An Announce stream carries any number of these
/// messages.
/// </summary>
/// <param name="IsActive">True if the broadcast began, false if it ended.</param>
/// <param name="Suffix">The path of the broadcast without the prefix that the subscriber of the stream requested.</param>
/// <param name="Hops">
/// The number of relays that the announcement passed, 0 to 32. It serves only to choose between several sources of a broadcast. It is 0
/// for a broadcast that ended.
/// </param>
internal readonly record struct Announce(bool IsActive, BroadcastPath Suffix, int Hops = 0) : IMessage<Announce>
{
    public static string Name => "ANNOUNCE";

    public int MaxBodySize => 1 + WireWriter.MaxSize(Suffix) + Varint.MaxLength;

    public static Announce ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => ReadLite03(ref reader),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Bool(IsActive);
                writer.Path(Suffix, nameof(Suffix));
                ArgumentOutOfRangeException.ThrowIfNegative(Hops);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(Hops, WireLimits.MaxHops);
                writer.Varint(IsActive ? (ulong)Hops : 0);
                break;
            default:
                throw version.NotSpoken();
        }
    }

    private static Announce ReadLite03(ref WireReader reader)
    {
        var status = reader.Byte("status");
        if (status > 1)
            throw reader.Malformed("status", $"is {status} where only 0 (ended) and 1 (active) are allowed");
        var suffix = reader.Path("suffix");
        var hops = reader.Varint("hops");
        if (status == 0)
            return new Announce(false, suffix);
        return hops <= WireLimits.MaxHops
            ? new Announce(true, suffix, (int)hops)
            : throw reader.OutOfBounds("hops", $"is {hops}, more than {WireLimits.MaxHops}");
    }
}
