namespace IrohMoq.Reactive.Wire;

// 03–06:   Length (i), delivery terms
// moq-lite draft, "SUBSCRIBE_UPDATE". The delivery terms differ by version.

/// <summary>
/// Represents the message with which a subscriber replaces all delivery terms of a subscription. It can be sent any number of times after
/// SUBSCRIBE. A moq-lite 0.15 Rust peer ends the subscription when it receives this message.
/// </summary>
/// <param name="Terms">The delivery terms that apply from now on.</param>
internal readonly record struct SubscribeUpdate(DeliveryTerms Terms) : IMessage<SubscribeUpdate>
{
    public static string Name => "SUBSCRIBE_UPDATE";

    public int MaxBodySize => DeliveryTerms.MaxSize;

    public static SubscribeUpdate ReadBody(ref WireReader reader, MoqVersion version) => new(DeliveryTerms.Read(ref reader, version));

    public void WriteBody(ref WireWriter writer, MoqVersion version) => Terms.Write(ref writer, version);
}
