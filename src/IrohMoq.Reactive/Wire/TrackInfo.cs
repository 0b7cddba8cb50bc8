namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05:      Length (i), Priority (8), Ordered (bool), Publisher Max Latency (i), Timescale (i)
// 06:      Length (i), Priority (8), Publisher Max Age (i), Timescale (i)
// moq-lite draft, "TRACK_INFO".

/// <summary>
/// Represents the message with which a publisher answers a TRACK. The properties do not change during the life of the track, and a
/// subscriber needs them before it reads frames.
/// </summary>
/// <param name="Priority">The priority, 0 to 255, which decides between tracks of the same subscriber priority.</param>
/// <param name="Ordered">True if the oldest group is to be sent first. In moq-lite-06 the newest group is always sent first.</param>
/// <param name="MaxLatency">
/// The maximum time, in milliseconds, for which the publisher keeps groups other than the newest.
/// </param>
/// <param name="Timescale">The number of units of a timestamp per second, which is not 0.</param>
internal readonly record struct TrackInfo(byte Priority, bool Ordered, ulong MaxLatency, ulong Timescale) : IMessage<TrackInfo>
{
    public static string Name => "TRACK_INFO";

    public int MaxBodySize => 2 + (2 * Varint.MaxLength);

    public static TrackInfo ReadBody(ref WireReader reader, MoqVersion version)
    {
        var info = version switch
        {
            MoqVersion.Lite05 => new TrackInfo(
                reader.Byte("priority"), reader.Bool("ordered"), reader.Varint("max latency"), reader.Varint("timescale")),
            MoqVersion.Lite06 => new TrackInfo(reader.Byte("priority"), false, reader.Varint("max age"), reader.Varint("timescale")),
            _ => throw version.NotSpoken(),
        };
        return info.Timescale != 0 ? info : throw reader.Violation("timescale", "is 0");
    }

    public void WriteBody(ref WireWriter writer, MoqVersion version)
    {
        if (version is not (MoqVersion.Lite05 or MoqVersion.Lite06))
            throw version.NotSpoken();
        ArgumentOutOfRangeException.ThrowIfZero(Timescale);
        writer.Byte(Priority);
        if (version == MoqVersion.Lite05)
            writer.Bool(Ordered);
        writer.Number(MaxLatency, nameof(MaxLatency));
        writer.Number(Timescale, nameof(Timescale));
    }
}
