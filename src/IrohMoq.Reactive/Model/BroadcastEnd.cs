namespace IrohMoq.Reactive;

/// <summary>How a broadcast ended.</summary>
/// <param name="IsFinished">True if its producer finished it; false if it was aborted, or lost together with its producer or session.</param>
/// <param name="Code">Why, if it was not finished.</param>
public sealed record BroadcastEnd(bool IsFinished, MoqErrorCode Code);
