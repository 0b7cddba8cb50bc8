namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05, 06:  Type (i) = 1, Length (i), Group (i) = sequence
// moq-lite draft, "SUBSCRIBE_END". The length does not count the type.

/// <summary>
/// Represents the message with which a publisher reports where a track ends. It says nothing about the end of a subscription that
/// requested only a range.
/// </summary>
/// <param name="Group">
/// The number of the first group that will never exist, which is 0 if the track has no groups. A few old peers send the last group
/// instead in moq-lite-05, so the receiver must not fail if it has received this group.
/// </param>
internal readonly record struct SubscribeEnd(ulong Group) : IMessage<SubscribeEnd>
{
    public const ulong Type = 1;

    public static string Name => "SUBSCRIBE_END";

    public int MaxBodySize => Varint.MaxLength;

    public static ulong? ResponseType(MoqVersion version) => Type;

    public static SubscribeEnd ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite05 or MoqVersion.Lite06 => new SubscribeEnd(reader.Varint("group")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.Number(Group, nameof(Group));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
