namespace IrohMoq.Reactive;

/// <summary>How a broadcast ended.</summary>
/// <param name="Cause">What ended the broadcast.</param>
/// <param name="Code">The code that it was aborted with or that the session ended with; 0 for a normal end.</param>
public sealed record BroadcastEnd(BroadcastEndCause Cause, MoqErrorCode Code);
