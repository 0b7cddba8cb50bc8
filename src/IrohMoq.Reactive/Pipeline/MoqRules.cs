using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>How what was and what happened give what is and what is to be done. A test of the tests may break one rule on purpose.</summary>
internal delegate (MoqState State, ImmutableArray<MoqEffect> Effects) MoqRules(MoqState state, MoqEvent happened);
