namespace IrohMoq.Reactive.Transport;

/// <summary>Describes how a stream that this side wrote ended.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Code">The code on the wire of the reset or stop; otherwise 0.</param>
public readonly record struct StreamEnd(StreamEndCause Cause, ulong Code);
