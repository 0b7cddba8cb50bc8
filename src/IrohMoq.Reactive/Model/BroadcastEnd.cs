namespace IrohMoq.Reactive;

/// <summary>Describes how a broadcast ended.</summary>
/// <param name="Cause">What ended the broadcast.</param>
/// <param name="Code">The code with which the broadcast was aborted or the session ended; 0 for a normal end.</param>
public sealed record BroadcastEnd(BroadcastEndCause Cause, MoqErrorCode Code);
