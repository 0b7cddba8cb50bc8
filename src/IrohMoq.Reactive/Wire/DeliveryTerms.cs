namespace IrohMoq.Reactive.Wire;

// Priority (8), Ordered (bool), Max Latency (i), Start Group (i) = 0 | sequence + 1, End Group (i) = 0 | sequence + 1
// moq-lite draft, "SUBSCRIBE". The same five fields are in SUBSCRIBE, SUBSCRIBE_UPDATE and SUBSCRIBE_OK.

/// <summary>Specifies how the groups of a subscription are to be delivered.</summary>
/// <param name="Priority">The priority, 0 to 255. Groups with a higher priority are sent first.</param>
/// <param name="Ordered">True to send the oldest group first, false to send the newest group first.</param>
/// <param name="MaxLatency">
/// The maximum time, in milliseconds, by which a group may be older than the newest group; 0 for no preference.
/// </param>
/// <param name="StartGroup">The number of the first requested group, or null for the latest available group.</param>
/// <param name="EndGroup">The number of the last requested group, inclusive, or null for no end.</param>
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
