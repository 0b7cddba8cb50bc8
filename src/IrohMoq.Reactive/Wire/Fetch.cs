namespace IrohMoq.Reactive.Wire;

// Length (i), Broadcast Path (path), Track Name (s), Priority (8), Group Sequence (i)
// moq-lite draft, "FETCH". The sequence is plain, not plus one.

/// <summary>
/// Asks for one group; the first message on a Fetch stream, from the subscriber. The answer is frames. In moq-lite-03 it is specified, but
/// every known peer resets the stream.
/// </summary>
/// <param name="Broadcast">The whole path.</param>
/// <param name="Track">Any text.</param>
/// <param name="Priority">0 to 255, the higher the sooner.</param>
/// <param name="Sequence">The group's number in its track.</param>
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
