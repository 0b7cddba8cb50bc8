namespace IrohMoq.Reactive.Wire;

// 03, 04:  Type (i) = 0, Length (i), delivery terms
// 05, 06:  Type (i) = 0, Length (i), Group (i) = sequence
// moq-lite draft, "SUBSCRIBE_OK"; peers call it SUBSCRIBE_START in 05. The length does not count the type.

/// <summary>
/// Represents the message with which a publisher accepts a subscription. It is the first response on a Subscribe stream. From moq-lite-05
/// on it is sent when the first group is known, and carries nothing else.
/// </summary>
/// <param name="Terms">
/// The delivery terms of the publisher. Up to moq-lite-04 peers return the subscriber's priority or all of its terms unchanged, so the
/// receiver does not rely on them. From moq-lite-05 on only the first group is sent, and required.
/// </param>
internal readonly record struct SubscribeOk(DeliveryTerms Terms) : IMessage<SubscribeOk>
{
    public const ulong Type = 0;

    public static string Name => "SUBSCRIBE_OK";

    public int MaxBodySize => DeliveryTerms.MaxSize;

    public static ulong? ResponseType(MoqVersion version) => Type;

    public static SubscribeOk ReadBody(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 => new SubscribeOk(DeliveryTerms.Read(ref reader, version)),
        MoqVersion.Lite05 or MoqVersion.Lite06 => new SubscribeOk(new DeliveryTerms(StartGroup: reader.Varint("group"))),
        _ => throw version.NotSpoken(),
    };

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04:
                Terms.Write(ref writer, version);
                break;
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                if (Terms.StartGroup is not { } group)
                    throw WireWriter.Refused(nameof(Terms.StartGroup), "The first group must be known.");
                writer.Number(group, nameof(Terms.StartGroup));
                break;
            default:
                throw version.NotSpoken();
        }
    }
}
