namespace IrohMoq.Reactive.Wire;

// Priority (8), Ordered (bool), Max Latency (i), Start Group (i) = 0 | sequence + 1, End Group (i) = 0 | sequence + 1
// moq-lite draft, "SUBSCRIBE". The same five fields are in SUBSCRIBE, SUBSCRIBE_UPDATE and SUBSCRIBE_OK.

/// <summary>How the groups of a subscription are to be delivered.</summary>
/// <param name="Priority">0 to 255, the higher the sooner.</param>
/// <param name="Ordered">True for the oldest group first, false for the newest.</param>
/// <param name="MaxLatency">How many milliseconds a group may be older than the newest; 0 for no preference.</param>
/// <param name="StartGroup">The first group wanted; null for the latest there is.</param>
/// <param name="EndGroup">The last group wanted, inclusive; null for no end.</param>
internal readonly record struct DeliveryTerms(
    byte Priority = 0, bool Ordered = false, ulong MaxLatency = 0, ulong? StartGroup = null, ulong? EndGroup = null)
{
    public const int MaxSize = 2 + (3 * Varint.MaxLength);

    public static DeliveryTerms Read(ref WireReader reader) => new(
        reader.Byte("priority"),
        reader.Bool("ordered"),
        reader.Varint("max latency"),
        reader.OptionalGroup("start group"),
        reader.OptionalGroup("end group"));

    public void Write(ref WireWriter writer)
    {
        writer.Byte(Priority);
        writer.Bool(Ordered);
        writer.Number(MaxLatency, nameof(MaxLatency));
        writer.OptionalGroup(StartGroup, nameof(StartGroup));
        writer.OptionalGroup(EndGroup, nameof(EndGroup));
    }
}
