namespace IrohMoq.Reactive.Wire;

// 03, 04:  Type (i) = 1, Length (i), Start Group (i), End Group (i), Error Code (i)
// 05, 06:  Type (i) = 2, Length (i), Start Group (i), End Group (i), Error Code (i)
// moq-lite draft, "SUBSCRIBE_DROP". The groups are plain sequences here, not plus one; the length does not count the type.

/// <summary>
/// Represents the message with which a publisher reports, on a Subscribe stream, that a range of groups will not be sent. In moq-lite-03
/// and 04 no released publisher sends it, and subscribers of moq-lite 0.15 (Rust) and of JavaScript misread it.
/// </summary>
/// <param name="StartGroup">The number of the first group that will not be sent.</param>
/// <param name="EndGroup">
/// The number of the last group that will not be sent, inclusive. Up to moq-lite-05 the receiver must check that it is not lower than the
/// first number; in moq-lite-06 the codec refuses such a range.
/// </param>
/// <param name="ErrorCode">The error code that gives the reason, as sent on the wire, or 0 if the groups do not exist.</param>
internal readonly record struct SubscribeDrop(ulong StartGroup, ulong EndGroup, ulong ErrorCode) : IMessage<SubscribeDrop>
{
    public static string Name => "SUBSCRIBE_DROP";

    public int MaxBodySize => 3 * Varint.MaxLength;

    /// <summary>Returns the type that distinguishes the message from other responses.</summary>
    public static ulong Type(MoqVersion version) => version < MoqVersion.Lite05 ? 1UL : 2UL;

    public static ulong? ResponseType(MoqVersion version) => Type(version);

    public static SubscribeDrop ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 => ReadFields(ref reader),
        MoqVersion.Lite06 => ReadLite06(ref reader),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.Number(StartGroup, nameof(StartGroup));
                writer.Number(EndGroup, nameof(EndGroup));
                writer.Number(ErrorCode, nameof(ErrorCode));
                if (version >= MoqVersion.Lite06)
                    ArgumentOutOfRangeException.ThrowIfLessThan(EndGroup, StartGroup);
                break;
            default:
                throw version.NotSpoken();
        }
    }

    private static SubscribeDrop ReadFields(ref WireReader reader) =>
        new(reader.Varint("start group"), reader.Varint("end group"), reader.Varint("error code"));

    private static SubscribeDrop ReadLite06(ref WireReader reader)
    {
        var drop = ReadFields(ref reader);
        return drop.EndGroup >= drop.StartGroup
            ? drop
            : throw reader.Violation("end group", $"is {drop.EndGroup}, lower than the start group {drop.StartGroup}");
    }
}
