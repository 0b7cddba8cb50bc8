namespace IrohMoq.Reactive.Transport;

/// <summary>Describes how a stream ended that this side wrote.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Code">The code on the wire of a reset or stop, otherwise 0.</param>
public readonly record struct StreamEnd(StreamEndCause Cause, ulong Code);
