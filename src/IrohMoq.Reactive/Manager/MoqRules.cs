namespace IrohMoq.Reactive.Manager;

/// <summary>
/// Represents a function that computes the next state, and the effects to carry out, from a state and an event. Tests replace the
/// function with deliberately incorrect rules.
/// </summary>
internal delegate MoqStep MoqRules(MoqState state, MoqEvent happened);
