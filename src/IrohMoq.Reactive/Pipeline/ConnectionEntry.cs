namespace IrohMoq.Reactive.Pipeline;

/// <summary>A connection that has not reported its end.</summary>
/// <param name="Peer">With whom.</param>
/// <param name="IsOutbound">True if this side dialed.</param>
/// <param name="Session">What it carries.</param>
internal readonly record struct ConnectionEntry(EndpointId Peer, bool IsOutbound, long Session);
