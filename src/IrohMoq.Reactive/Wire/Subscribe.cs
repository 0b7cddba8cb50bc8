namespace IrohMoq.Reactive.Wire;

// Length (i), Subscribe ID (i), Broadcast Path (path), Track Name (s), delivery terms
// moq-lite draft, "SUBSCRIBE".

/// <summary>Asks for a track; the first message on a Subscribe stream, from the subscriber.</summary>
/// <param name="Id">Chosen by the subscriber and never used again on its connection; groups name it.</param>
/// <param name="Broadcast">The whole path, not relative to any prefix.</param>
/// <param name="Track">Any text: not a path, never normalized, may be empty.</param>
/// <param name="Terms">How its groups are to be delivered.</param>
internal readonly record struct Subscribe(ulong Id, BroadcastPath Broadcast, string Track, DeliveryTerms Terms) : IOpeningMessage<Subscribe>
{
    public static string Name => "SUBSCRIBE";

    public static ulong StreamType => (ulong)BidiStreamType.Subscribe;

    public int MaxBodySize => Varint.MaxLength + WireWriter.MaxSize(Broadcast) + WireWriter.MaxSize(Track) + DeliveryTerms.MaxSize;

    public static Subscribe ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new Subscribe(
            reader.Varint("subscribe id"), reader.Path("broadcast"), reader.String("track"), DeliveryTerms.Read(ref reader)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                writer.Varint(Id);
                writer.Path(Broadcast, nameof(Broadcast));
                writer.String(Track, nameof(Track));
                Terms.Write(ref writer);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
