namespace IrohMoq.Reactive.Wire;

// Type (i) = 0, Length (i), delivery terms
// moq-lite draft, "SUBSCRIBE_OK". The length does not count the type.

/// <summary>Represents the message with which a publisher accepts a subscription. It is the first response on a Subscribe stream.</summary>
/// <param name="Terms">
/// The delivery terms of the publisher. Peers return the subscriber's priority or all of its terms unchanged, so the receiver does not
/// rely on them.
/// </param>
internal readonly record struct SubscribeOk(DeliveryTerms Terms) : IMessage<SubscribeOk>
{
    public const ulong Type = 0;

    public static string Name => "SUBSCRIBE_OK";

    public static ulong? ResponseType => Type;

    public int MaxBodySize => DeliveryTerms.MaxSize;

    public static SubscribeOk ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new SubscribeOk(DeliveryTerms.Read(ref reader)),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                Terms.Write(ref writer);
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
