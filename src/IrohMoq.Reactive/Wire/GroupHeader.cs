namespace IrohMoq.Reactive.Wire;

// Length (i), Subscribe ID (i), Group Sequence (i)
// moq-lite draft, "GROUP". The sequence is plain, not plus one.

/// <summary>
/// Represents the message with which a publisher identifies the group, and its subscription, that a stream carries. It is the first
/// message on a Group stream. Frames follow until the end of the stream.
/// </summary>
/// <param name="SubscribeId">
/// The id that the subscriber assigned to the subscription. An id that is unknown, or no longer known, is not an error.
/// </param>
/// <param name="Sequence">The number of the group in its track.</param>
internal readonly record struct GroupHeader(ulong SubscribeId, ulong Sequence) : IOpeningMessage<GroupHeader>
{
    /// <summary>The maximum number of bytes of the stream type, the length and the body, for a buffer on the stack.</summary>
    public const int MaxSize = 1 + 1 + (2 * Varint.MaxLength);

    public static string Name => "GROUP";

    public static ulong StreamType => (ulong)UniStreamType.Group;

    public int MaxBodySize => 2 * Varint.MaxLength;

    public static GroupHeader ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new GroupHeader(reader.Varint("subscribe id"), reader.Varint("group sequence")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Varint(SubscribeId);
                writer.Number(Sequence, nameof(Sequence));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
