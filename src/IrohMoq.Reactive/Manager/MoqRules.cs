namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Computes the next state, and the effects to carry out, from a state and an event. Tests replace it by rules that are wrong on purpose.
/// </summary>
internal delegate MoqStep MoqRules(MoqState state, MoqEvent happened);
