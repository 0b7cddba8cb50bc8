namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05, 06:  Length (i), Broadcast Path (path), Track Name (s)
// moq-lite draft, "TRACK".

/// <summary>
/// Represents the message with which a subscriber requests the properties of a track. It is the first message on a Track stream, whose
/// sending side stays open until the answer is complete, because peers take an early end for a cancellation.
/// </summary>
/// <param name="Broadcast">The full path of the broadcast.</param>
/// <param name="Track">The name of the track, which may be any text.</param>
internal readonly record struct TrackRequest(BroadcastPath Broadcast, string Track) : IOpeningMessage<TrackRequest>
{
    public static string Name => "TRACK";

    public static ulong StreamType => (ulong)BidiStreamType.Track;

    public int MaxBodySize => WireWriter.MaxSize(Broadcast) + WireWriter.MaxSize(Track);

    public static TrackRequest ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite05 or MoqVersion.Lite06 => new TrackRequest(reader.Path("broadcast"), reader.String("track")),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.Path(Broadcast, nameof(Broadcast));
                writer.String(Track, nameof(Track));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
