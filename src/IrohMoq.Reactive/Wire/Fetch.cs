namespace IrohMoq.Reactive.Wire;

// 03–05:   Length (i), Broadcast Path (path), Track Name (s), Priority (8), Group Sequence (i)
// 06:      Length (i), Broadcast Path (path), Track Name (s), Priority (8), Group Sequence (i),
//          Frame Start (i) = index, Frame End (i) = 0 | index + 1
// moq-lite draft, "FETCH". The sequence is plain, not plus one.

/// <summary>
/// Represents the message with which a subscriber requests one group. It is the first message on a Fetch stream; the answer consists of
/// frames. The message is specified in moq-lite-03 and 04, but every known peer resets the stream there.
/// </summary>
/// <param name="Broadcast">The full path of the broadcast.</param>
/// <param name="Track">The name of the track, which may be any text.</param>
/// <param name="Priority">The priority, 0 to 255. Groups with a higher priority are sent first.</param>
/// <param name="Sequence">The number of the group in its track.</param>
/// <param name="FrameStart">The index of the first requested frame. It is 0 up to moq-lite-05.</param>
/// <param name="FrameEnd">
/// The index of the last requested frame, inclusive, or null for all frames. It is null up to moq-lite-05.
/// </param>
internal readonly record struct Fetch(
    BroadcastPath Broadcast, string Track, byte Priority, ulong Sequence, ulong FrameStart = 0, ulong? FrameEnd = null)
    : IOpeningMessage<Fetch>
{
    public static string Name => "FETCH";

    public static ulong StreamType => (ulong)BidiStreamType.Fetch;

    public int MaxBodySize => WireWriter.MaxSize(Broadcast) + WireWriter.MaxSize(Track) + 1 + (3 * Varint.MaxLength);

    public static Fetch ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 => new Fetch(
            reader.Path("broadcast"), reader.String("track"), reader.Byte("priority"), reader.Varint("group sequence")),
        MoqVersion.Lite06 => ReadLite06(ref reader),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        if (version is < MoqVersion.Lite03 or > MoqVersion.Lite06)
            throw version.NotSpoken();
        writer.Path(Broadcast, nameof(Broadcast));
        writer.String(Track, nameof(Track));
        writer.Byte(Priority);
        writer.Number(Sequence, nameof(Sequence));
        if (version == MoqVersion.Lite06)
        {
            if (FrameEnd < FrameStart)
                throw WireWriter.Refused(nameof(FrameEnd), "The last frame must not precede the first one.");
            writer.Number(FrameStart, nameof(FrameStart));
            writer.Optional(FrameEnd, nameof(FrameEnd));
        }
        else if (FrameStart != 0 || FrameEnd is not null)
        {
            throw WireWriter.Refused(nameof(FrameStart), "Frames of a group can be requested only from moq-lite-06 on.");
        }
    }

    private static Fetch ReadLite06(ref WireReader reader)
    {
        var fetch = new Fetch(
            reader.Path("broadcast"),
            reader.String("track"),
            reader.Byte("priority"),
            reader.Varint("group sequence"),
            reader.Varint("frame start"),
            reader.Optional("frame end"));
        return fetch.FrameEnd < fetch.FrameStart
            ? throw reader.Violation("frame end", $"is {fetch.FrameEnd}, lower than the frame start {fetch.FrameStart}")
            : fetch;
    }
}
