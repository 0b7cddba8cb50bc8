namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Represents an estimate of how fast a connection can send at one time. A value is null where it is not known.
/// </summary>
/// <param name="BytesPerSecond">The rate, in bytes per second.</param>
/// <param name="RoundTripTime">The round-trip time, smoothed over the recent samples.</param>
public readonly record struct RateEstimate(long? BytesPerSecond, TimeSpan? RoundTripTime)
{
    /// <summary>Returns the estimate that a connection makes for what it sends.</summary>
    internal static RateEstimate Of(ConnectionStatistics statistics) => new(statistics.EstimatedSendRate, statistics.SmoothedRtt);
}
