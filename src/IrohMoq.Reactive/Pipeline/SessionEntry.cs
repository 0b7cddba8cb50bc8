namespace IrohMoq.Reactive.Pipeline;

/// <summary>An open session.</summary>
/// <param name="Peer">With whom.</param>
/// <param name="IsDialled">True if this side dialled.</param>
internal readonly record struct SessionEntry(EndpointId Peer, bool IsDialled);
