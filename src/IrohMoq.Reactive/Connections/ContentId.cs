namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Identifies a content of a name: by its origin or, if that is unknown, by the peer that announces it.
/// </summary>
/// <param name="Origin">The first hop, or 0 if it is unknown.</param>
/// <param name="Peer">The peer if the origin is unknown, otherwise null.</param>
internal readonly record struct ContentId(ulong Origin, EndpointId? Peer)
{
    /// <summary>Returns the content that a peer announces with a route.</summary>
    public static ContentId Of(EndpointId peer, BroadcastRoute route) =>
        route.Ids is [not 0 and var origin, ..] ? new ContentId(origin, null) : new ContentId(0, peer);
}
