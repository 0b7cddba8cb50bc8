using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>One peer with at least one connection.</summary>
/// <param name="Session">The session that a caller who wants one gets, or null.</param>
/// <param name="Connections">Its connections, the newest last; never empty.</param>
internal sealed record PeerEntry(long? Session, ImmutableSortedSet<long> Connections);
