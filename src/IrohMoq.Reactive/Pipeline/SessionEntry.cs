using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A session with a peer. Its number is that of its first connection.</summary>
/// <param name="Peer">With whom.</param>
/// <param name="IsOutbound">True if this side's dial opened it.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Connections">What carries it: one as a rule, both while two that were dialed at once are told apart, none while it is held for a dial.</param>
internal sealed record SessionEntry(EndpointId Peer, bool IsOutbound, SessionStage Stage, ImmutableSortedSet<long> Connections)
{
    /// <summary>True if the peer has dialed as well: then the callers of this side alone do not decide how long it lives.</summary>
    public bool IsWantedByPeer { get; init; }

    /// <summary>How many callers hold it.</summary>
    public int Leases { get; init; }

    /// <summary>The number of the linger that runs, or ran last: a linger of another number is out of date.</summary>
    public long Linger { get; init; }

    /// <summary>One more caller holds it: a linger that runs means nothing any more.</summary>
    public SessionEntry Leased() => this with { Leases = Leases + 1, Linger = Linger + 1 };
}
