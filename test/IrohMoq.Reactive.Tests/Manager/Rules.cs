using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>Folds a history of events and compares the effects of the last one.</summary>
internal static class Rules
{
    /// <summary>
    /// Gets the configuration of a manager whose id is smaller than those of the peers with numbers of 9 or more, and greater than those
    /// of the others.
    /// </summary>
    public static ReducerConfig Config { get; } = new(Peers.Id(8), 1000, 1000);

    public static MoqState Fold(ReducerConfig config, MoqEvent[] history) =>
        history.Aggregate(MoqState.Empty(config), static (state, happened) => MoqReducer.Reduce(state, happened).State);

    public static void Expect(ReducerConfig config, MoqEvent[] history, params MoqEffect[] expected) =>
        Assert.That(MoqReducer.Reduce(Fold(config, history[..^1]), history[^1]).Effects, Is.EqualTo(expected));
}
