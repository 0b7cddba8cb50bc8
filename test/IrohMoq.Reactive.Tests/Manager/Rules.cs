using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>Folds a history of events and compares what the last of them leads to.</summary>
internal static class Rules
{
    /// <summary>
    /// This side's id is smaller than that of every peer with a number of 9 or more, and greater than that of the others.
    /// </summary>
    public static ReducerConfig Config { get; } = new(Peers.Id(8), 1000, 1000);

    public static MoqState Fold(ReducerConfig config, MoqEvent[] history) =>
        history.Aggregate(MoqState.Empty(config), static (state, happened) => MoqReducer.Reduce(state, happened).State);

    public static void Expect(ReducerConfig config, MoqEvent[] history, params MoqEffect[] expected) =>
        Assert.That(MoqReducer.Reduce(Fold(config, history[..^1]), history[^1]).Effects, Is.EqualTo(expected));
}
