using System.Collections.Immutable;

namespace IrohMoq.Reactive.Manager;

/// <summary>Represents the result of one event.</summary>
/// <param name="State">The state after the event.</param>
/// <param name="Effects">The effects to carry out, in this order.</param>
internal readonly record struct MoqStep(MoqState State, ImmutableArray<MoqEffect> Effects)
{
    /// <summary>Returns the step before the first event.</summary>
    public static MoqStep Start(MoqState initial) => new(initial, []);
}
