namespace IrohMoq.Reactive.Wire;

// 03–05:   Length (i), Subscribe ID (i), Group Sequence (i)
// 06:      Length (i), Subscribe ID (i), Group Sequence (i), Frame Start (i) = index
// moq-lite draft, "GROUP". The numbers are plain, not plus one.

/// <summary>
/// Represents the message with which a publisher identifies the group, and its subscription, that a stream carries. It is the first
/// message on a Group stream. Frames follow until the end of the stream.
/// </summary>
/// <param name="SubscribeId">
/// The id that the subscriber assigned to the subscription. An id that is unknown, or no longer known, is not an error.
/// </param>
/// <param name="Sequence">The number of the group in its track.</param>
/// <param name="FrameStart">
/// The index, in its group, of the first frame on the stream. It is 0 up to moq-lite-05, and also later unless the subscriber requested
/// another frame.
/// </param>
internal readonly record struct GroupHeader(ulong SubscribeId, ulong Sequence, ulong FrameStart = 0) : IOpeningMessage<GroupHeader>
{
    /// <summary>The maximum number of bytes of the stream type, the length and the body, for a buffer on the stack.</summary>
    public const int MaxSize = 1 + 1 + (3 * Varint.MaxLength);

    public static string Name => "GROUP";

    public static ulong StreamType => (ulong)UniStreamType.Group;

    public int MaxBodySize => 3 * Varint.MaxLength;

    public static GroupHeader ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 => new GroupHeader(
            reader.Varint("subscribe id"), reader.Varint("group sequence")),
        MoqVersion.Lite06 => new GroupHeader(
            reader.Varint("subscribe id"), reader.Varint("group sequence"), reader.Varint("frame start")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05:
                if (FrameStart != 0)
                    throw WireWriter.Refused(nameof(FrameStart), "A group can begin at a later frame only from moq-lite-06 on.");
                writer.Varint(SubscribeId);
                writer.Number(Sequence, nameof(Sequence));
                break;
            case MoqVersion.Lite06:
                writer.Varint(SubscribeId);
                writer.Number(Sequence, nameof(Sequence));
                writer.Number(FrameStart, nameof(FrameStart));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
