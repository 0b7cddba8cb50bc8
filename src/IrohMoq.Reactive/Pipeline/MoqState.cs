using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// All that the manager knows, as a value. Sessions, broadcasts, dials and waiters are numbers here; the objects behind them are the shell's. Everything that is enumerated is ordered, so that two runs enumerate alike.
/// </summary>
/// <param name="Limits">How many sessions there may be.</param>
/// <param name="IsClosed">True after shutdown: nothing new is taken, and what is left comes to its end.</param>
/// <param name="Sessions">Every session that has not reported its end, by its number.</param>
/// <param name="Peers">The sessions that a caller who wants one with that peer may get; the newest comes last. Never an empty set.</param>
/// <param name="Broadcasts">What is published, by name.</param>
/// <param name="Dials">Dials in flight, by peer.</param>
internal sealed record MoqState(
    MoqLimits Limits,
    bool IsClosed,
    ImmutableSortedDictionary<long, SessionEntry> Sessions,
    ImmutableSortedDictionary<EndpointId, ImmutableSortedSet<long>> Peers,
    ImmutableSortedDictionary<BroadcastPath, long> Broadcasts,
    ImmutableSortedDictionary<EndpointId, DialEntry> Dials)
{
    /// <summary>True when everything is over after shutdown.</summary>
    public bool IsOver => IsClosed && Sessions.IsEmpty && Dials.IsEmpty;

    public static MoqState Empty(MoqLimits limits) => new(
        limits,
        false,
        ImmutableSortedDictionary<long, SessionEntry>.Empty,
        ImmutableSortedDictionary<EndpointId, ImmutableSortedSet<long>>.Empty,
        ImmutableSortedDictionary<BroadcastPath, long>.Empty,
        ImmutableSortedDictionary<EndpointId, DialEntry>.Empty);

    public MoqState WithSession(long session, SessionEntry entry) => this with
    {
        Sessions = Sessions.Add(session, entry),
        Peers = Peers.SetItem(entry.Peer, (Peers.GetValueOrDefault(entry.Peer) ?? []).Add(session)),
    };

    /// <summary>The session is not handed out any more; it may still have to report its end.</summary>
    public MoqState WithoutCandidate(EndpointId peer, long session)
    {
        if (!Peers.TryGetValue(peer, out var sessions))
            return this;
        sessions = sessions.Remove(session);
        return this with { Peers = sessions.IsEmpty ? Peers.Remove(peer) : Peers.SetItem(peer, sessions) };
    }

    public MoqState WithoutSession(long session, EndpointId peer) => WithoutCandidate(peer, session) with { Sessions = Sessions.Remove(session) };
}
