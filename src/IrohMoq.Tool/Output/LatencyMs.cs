namespace IrohMoq.Tool.Output;

/// <summary>Latency from write to read, in milliseconds.</summary>
/// <param name="P50">Half of the frames took at most this.</param>
/// <param name="P99">99 of 100 frames took at most this.</param>
internal readonly record struct LatencyMs(double P50, double P99);
