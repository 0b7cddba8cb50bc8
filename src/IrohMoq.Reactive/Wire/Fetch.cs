namespace IrohMoq.Reactive.Wire;

// Length (i), Broadcast Path (path), Track Name (s), Priority (8), Group Sequence (i)
// moq-lite draft, "FETCH". The sequence is plain, not plus one.

/// <summary>
/// Represents the message with which a subscriber requests one group. It is the first message on a Fetch stream; the answer consists of
/// frames. The message is specified in moq-lite-03, but every known peer resets the stream.
/// </summary>
/// <param name="Broadcast">The full path of the broadcast.</param>
/// <param name="Track">The name of the track, which may be any text.</param>
/// <param name="Priority">The priority, 0 to 255. Groups with a higher priority are sent first.</param>
/// <param name="Sequence">The number of the group in its track.</param>
internal readonly record struct Fetch(BroadcastPath Broadcast, string Track, byte Priority, ulong Sequence) : IOpeningMessage<Fetch>
{
    public static string Name => "FETCH";

    public static ulong StreamType => (ulong)BidiStreamType.Fetch;

    public int MaxBodySize => WireWriter.MaxSize(Broadcast) + WireWriter.MaxSize(Track) + 1 + Varint.MaxLength;

    public static Fetch ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new Fetch(
            reader.Path("broadcast"), reader.String("track"), reader.Byte("priority"), reader.Varint("group sequence")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Path(Broadcast, nameof(Broadcast));
                writer.String(Track, nameof(Track));
                writer.Byte(Priority);
                writer.Number(Sequence, nameof(Sequence));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
