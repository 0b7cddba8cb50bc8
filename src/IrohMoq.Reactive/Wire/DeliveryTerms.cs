namespace IrohMoq.Reactive.Wire;

// 03–05:   Priority (8), Ordered (bool), Max Latency (i), Start Group (i) = 0 | sequence + 1, End Group (i) = 0 | sequence + 1
// 06:      Priority (8), Max Age (i), Group Start (i) = sequence, Group End (i) = 0 | sequence + 1,
//          Frame Start (i) = index, Frame End (i) = 0 | index + 1
// moq-lite draft, "SUBSCRIBE". The same fields are in SUBSCRIBE, SUBSCRIBE_UPDATE and, in 03 and 04, in SUBSCRIBE_OK.

/// <summary>
/// Specifies how the groups of a subscription are to be delivered. The value is the same for all versions. A version leaves out the fields
/// that it lacks, except bounds of frames, without which the subscriber would receive what it did not request.
/// </summary>
/// <param name="Priority">The priority, 0 to 255. Groups with a higher priority are sent first.</param>
/// <param name="Ordered">
/// True to send the oldest group first, false to send the newest group first. In moq-lite-06 the newest group is always sent first.
/// </param>
/// <param name="MaxLatency">
/// The maximum time, in milliseconds, by which a group may be older than the newest group. In moq-lite-03 and 04 old peers send 0 for no
/// preference; otherwise, 0 requests only the newest group.
/// </param>
/// <param name="StartGroup">
/// The number of the first requested group, or null for no preference. In moq-lite-06 null is sent as 0, and the value that is received is
/// never null.
/// </param>
/// <param name="EndGroup">The number of the last requested group, inclusive, or null for no end.</param>
/// <param name="FrameStart">The index of the first requested frame of the first group.</param>
/// <param name="FrameEnd">
/// The index of the last requested frame of the last group, inclusive, or null for the whole group. It requires a last group.
/// </param>
internal readonly record struct DeliveryTerms(
    byte Priority = 0,
    bool Ordered = false,
    ulong MaxLatency = 0,
    ulong? StartGroup = null,
    ulong? EndGroup = null,
    ulong FrameStart = 0,
    ulong? FrameEnd = null)
{
    public const int MaxSize = 1 + (5 * Varint.MaxLength);

    public static DeliveryTerms Read(ref WireReader reader, MoqVersion version) => version switch
    {
        MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05 => new DeliveryTerms(
            reader.Byte("priority"),
            reader.Bool("ordered"),
            reader.Varint("max latency"),
            reader.Optional("start group"),
            reader.Optional("end group")),
        MoqVersion.Lite06 => ReadLite06(ref reader),
        _ => throw version.NotSpoken(),
    };

    public void Write(ref WireWriter writer, MoqVersion version)
    {
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04 or MoqVersion.Lite05:
                if (FrameStart != 0 || FrameEnd is not null)
                    throw WireWriter.Refused(nameof(FrameStart), "Frames of a group can be requested only from moq-lite-06 on.");
                writer.Byte(Priority);
                writer.Bool(Ordered);
                writer.Number(MaxLatency, nameof(MaxLatency));
                writer.Optional(StartGroup, nameof(StartGroup));
                writer.Optional(EndGroup, nameof(EndGroup));
                break;
            case MoqVersion.Lite06:
                if (FrameEnd is not null && EndGroup is null)
                    throw WireWriter.Refused(nameof(FrameEnd), "A last frame requires a last group.");
                writer.Byte(Priority);
                writer.Number(MaxLatency, nameof(MaxLatency));
                writer.Number(StartGroup ?? 0, nameof(StartGroup));
                writer.Optional(EndGroup, nameof(EndGroup));
                writer.Number(FrameStart, nameof(FrameStart));
                writer.Optional(FrameEnd, nameof(FrameEnd));
                break;
            default:
                throw version.NotSpoken();
        }
    }

    private static DeliveryTerms ReadLite06(ref WireReader reader)
    {
        var terms = new DeliveryTerms(
            Priority: reader.Byte("priority"),
            MaxLatency: reader.Varint("max age"),
            StartGroup: reader.Varint("group start"),
            EndGroup: reader.Optional("group end"),
            FrameStart: reader.Varint("frame start"),
            FrameEnd: reader.Optional("frame end"));
        return terms.FrameEnd is { } end && terms.EndGroup is null
            ? throw reader.Violation("frame end", $"is {end} although there is no group end")
            : terms;
    }
}
