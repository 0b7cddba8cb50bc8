namespace IrohMoq.Reactive.Wire;

// Type (i) = 1, Length (i), Start Group (i), End Group (i), Error Code (i)
// moq-lite draft, "SUBSCRIBE_DROP". The groups are plain sequences here, not plus one; the length does not count the type.

/// <summary>
/// Represents the message with which a publisher reports, on a Subscribe stream, that a range of groups will not be sent. No released
/// publisher sends it, and subscribers of moq-lite 0.15 (Rust) and of JavaScript misread it.
/// </summary>
/// <param name="StartGroup">The number of the first group that will not be sent.</param>
/// <param name="EndGroup">
/// The number of the last group that will not be sent, inclusive. The receiver must check that it is not lower than the first number.
/// </param>
/// <param name="ErrorCode">The error code that gives the reason, or 0 if the groups do not exist.</param>
internal readonly record struct SubscribeDrop(ulong StartGroup, ulong EndGroup, ulong ErrorCode) : IMessage<SubscribeDrop>
{
    public const ulong Type = 1;

    public static string Name => "SUBSCRIBE_DROP";

    public static ulong? ResponseType => Type;

    public int MaxBodySize => 3 * Varint.MaxLength;

    public static SubscribeDrop ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new SubscribeDrop(reader.Varint("start group"), reader.Varint("end group"), reader.Varint("error code")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Number(StartGroup, nameof(StartGroup));
                writer.Number(EndGroup, nameof(EndGroup));
                writer.Number(ErrorCode, nameof(ErrorCode));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
