namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents the measurements of one connection at one time: round-trip times, congestion control, and traffic since the connection
/// began. A value is null where the transport does not measure it, or has not measured it yet.
/// </summary>
public readonly record struct ConnectionStatistics
{
    /// <summary>Gets the round-trip time, smoothed over the recent samples. See RFC 9002, section 5.3.</summary>
    public TimeSpan? SmoothedRtt { get; init; }

    /// <summary>Gets the shortest round-trip time of the connection.</summary>
    public TimeSpan? MinRtt { get; init; }

    /// <summary>Gets the most recent sample of the round-trip time.</summary>
    public TimeSpan? LatestRtt { get; init; }

    /// <summary>Gets the number of bytes that congestion control allows to be in flight.</summary>
    public long? CongestionWindow { get; init; }

    /// <summary>Gets the number of bytes that were sent and are neither acknowledged nor counted as lost.</summary>
    public long? BytesInFlight { get; init; }

    /// <summary>Gets the number of bytes that were sent, packet headers and retransmissions included.</summary>
    public long BytesSent { get; init; }

    /// <summary>Gets the number of bytes that were received, packet headers included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Gets the number of packets that were sent.</summary>
    public long? PacketsSent { get; init; }

    /// <summary>Gets the number of packets that were received.</summary>
    public long? PacketsReceived { get; init; }

    /// <summary>Gets the number of bytes that were sent and counted as lost.</summary>
    public long? BytesLost { get; init; }

    /// <summary>Gets the number of packets that were sent and counted as lost.</summary>
    public long? PacketsLost { get; init; }

    /// <summary>
    /// Gets the size, in bytes of UDP payload, of the largest packets that are sent on the current path: at least 1,200, and more as far as
    /// the path is known to carry them. See RFC 9000, section 14.
    /// </summary>
    public int? MaxPacketSize { get; init; }

    /// <summary>
    /// Gets the rate, in bytes per second, at which the connection is estimated to be able to send at present. The iroh endpoint divides
    /// the congestion window by the round-trip time: what congestion control allows, and not what was delivered. While the application
    /// sends less, the number says little about what the path can carry; over loopback it can be many GB/s.
    /// </summary>
    public long? EstimatedSendRate { get; init; }
}
