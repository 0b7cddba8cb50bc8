namespace IrohMoq.Reactive.Wire;

// Length (i), Subscribe ID (i), Group Sequence (i)
// moq-lite draft, "GROUP". The sequence is plain, not plus one.

/// <summary>
/// Says which group of which subscription follows; the first message on a Group stream, from the publisher. Frames follow to the end of
/// the stream.
/// </summary>
/// <param name="SubscribeId">The subscriber's id. One that is not known (any more) is no error.</param>
/// <param name="Sequence">The group's number in its track.</param>
internal readonly record struct GroupHeader(ulong SubscribeId, ulong Sequence) : IOpeningMessage<GroupHeader>
{
    /// <summary>The bytes of stream type, length and body at most: for a buffer on the stack.</summary>
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
