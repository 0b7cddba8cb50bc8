namespace IrohMoq.Reactive.Testing;

/// <summary>Something under way on a <see cref="Wire"/>. Times are ticks of the network's clock.</summary>
/// <param name="SentAt">When it was sent.</param>
/// <param name="DueAt">When it arrives, unless the link is cut by then.</param>
/// <param name="What">What it is, for the trace; null if it is not traced.</param>
/// <param name="Arrive">What happens at the receiver; runs under the network's lock.</param>
internal readonly record struct Delivery(long SentAt, long DueAt, string? What, Action Arrive);
