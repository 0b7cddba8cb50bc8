namespace IrohMoq.Reactive.Wire;

// 03–06:   Length (i), Subscribe ID (i), Broadcast Path (path), Track Name (s), delivery terms
// moq-lite draft, "SUBSCRIBE". The delivery terms differ by version.

/// <summary>Represents the message with which a subscriber requests a track. It is the first message on a Subscribe stream.</summary>
/// <param name="Id">
/// The id of the subscription, which group streams refer to. The subscriber assigns it and never uses it again on the same connection.
/// </param>
/// <param name="Broadcast">The full path of the broadcast, not relative to any prefix.</param>
/// <param name="Track">The name of the track. It may be any text, including an empty one; it is not a path and is never normalized.</param>
/// <param name="Terms">The terms that specify how the groups are to be delivered.</param>
internal readonly record struct Subscribe(ulong Id, BroadcastPath Broadcast, string Track, DeliveryTerms Terms) : IOpeningMessage<Subscribe>
{
    public static string Name => "SUBSCRIBE";

    public static ulong StreamType => (ulong)BidiStreamType.Subscribe;

    public int MaxBodySize => Varint.MaxLength + WireWriter.MaxSize(Broadcast) + WireWriter.MaxSize(Track) + DeliveryTerms.MaxSize;

    public static Subscribe ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06 => new Subscribe(
            reader.Varint("subscribe id"), reader.Path("broadcast"), reader.String("track"), DeliveryTerms.Read(ref reader, version)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 or MoqVersion.Lite06:
                writer.Varint(Id);
                writer.Path(Broadcast, nameof(Broadcast));
                writer.String(Track, nameof(Track));
                Terms.Write(ref writer, version);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
