namespace IrohMoq.Reactive.Wire;

// Length (i), delivery terms
// moq-lite draft, "SUBSCRIBE_UPDATE".

/// <summary>
/// Represents the message with which a subscriber replaces all delivery terms of a subscription. It can be sent any number of times after
/// SUBSCRIBE. A moq-lite 0.15 Rust peer ends the subscription when it receives this message.
/// </summary>
/// <param name="Terms">The delivery terms that apply from now on.</param>
internal readonly record struct SubscribeUpdate(DeliveryTerms Terms) : IMessage<SubscribeUpdate>
{
    public static string Name => "SUBSCRIBE_UPDATE";

    public int MaxBodySize => DeliveryTerms.MaxSize;

    public static SubscribeUpdate ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 => new SubscribeUpdate(DeliveryTerms.Read(ref reader)),
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
