namespace IrohMoq.Reactive.Transport;

/// <summary>How a direction that this side wrote ended.</summary>
/// <param name="Cause">What ended it.</param>
/// <param name="Code">The code on the wire for a reset or stop, otherwise 0.</param>
public readonly record struct StreamEnd(StreamEndCause Cause, ulong Code);
