using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>One peer with a connection, or a session that is held for one.</summary>
/// <param name="Session">The session that a caller who wants one gets, or null.</param>
/// <param name="Connections">Its connections, the newest last.</param>
internal sealed record PeerEntry(long? Session, ImmutableSortedSet<long> Connections);
