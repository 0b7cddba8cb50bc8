namespace IrohMoq.Reactive.Pipeline;

/// <summary>How many sessions there may be.</summary>
/// <param name="Sessions">With all peers together, dials in flight included.</param>
/// <param name="SessionsPerPeer">With one peer that dials again and again.</param>
internal readonly record struct MoqLimits(int Sessions, int SessionsPerPeer);
