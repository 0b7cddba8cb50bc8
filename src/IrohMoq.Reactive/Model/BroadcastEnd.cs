namespace IrohMoq.Reactive;

/// <summary>How a broadcast ended.</summary>
/// <param name="Cause">What ended it.</param>
/// <param name="Code">What it was aborted with, or how the session ended; 0 for a normal end.</param>
public sealed record BroadcastEnd(BroadcastEndCause Cause, MoqErrorCode Code);
