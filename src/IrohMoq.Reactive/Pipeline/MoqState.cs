using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// All that the manager knows, as a value. Sessions, broadcasts, dials and waiters are numbers here; the objects behind them are the shell's. Everything that is enumerated is ordered, so that two runs enumerate alike.
/// </summary>
/// <param name="IsClosed">True after shutdown: nothing new is taken.</param>
/// <param name="Sessions">Every open session by its number.</param>
/// <param name="Current">The session that a peer's id stands for: its newest.</param>
/// <param name="Broadcasts">What is published, by name.</param>
/// <param name="Dials">Dials in flight, by peer.</param>
internal sealed record MoqState(
    bool IsClosed,
    ImmutableSortedDictionary<long, SessionEntry> Sessions,
    ImmutableSortedDictionary<EndpointId, long> Current,
    ImmutableSortedDictionary<BroadcastPath, long> Broadcasts,
    ImmutableSortedDictionary<EndpointId, DialEntry> Dials)
{
    public static MoqState Empty { get; } = new(
        false,
        ImmutableSortedDictionary<long, SessionEntry>.Empty,
        ImmutableSortedDictionary<EndpointId, long>.Empty,
        ImmutableSortedDictionary<BroadcastPath, long>.Empty,
        ImmutableSortedDictionary<EndpointId, DialEntry>.Empty);
}
