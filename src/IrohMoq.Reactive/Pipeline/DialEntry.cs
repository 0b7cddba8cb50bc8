using System.Collections.Immutable;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A dial in flight and who waits for it.</summary>
/// <param name="Dial">The dial's number.</param>
/// <param name="Waiters">The callers that wait, in the order they came; none if the peer's own session came first.</param>
internal sealed record DialEntry(long Dial, ImmutableSortedSet<long> Waiters);
