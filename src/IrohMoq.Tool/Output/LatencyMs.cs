namespace IrohMoq.Tool.Output;

/// <summary>Represents percentiles of the latency from write to read, in milliseconds.</summary>
/// <param name="P50">The latency that half of the frames did not exceed.</param>
/// <param name="P99">The latency that 99 % of the frames did not exceed.</param>
internal readonly record struct LatencyMs(double P50, double P99);
