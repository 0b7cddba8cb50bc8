namespace IrohMoq.Reactive.Pipeline;

/// <summary>What the rules are told once.</summary>
/// <param name="Self">This endpoint's id, which decides between two connections that were dialed at once.</param>
/// <param name="Connections">How many connections there may be with all peers together, dials in flight included.</param>
/// <param name="ConnectionsPerPeer">With one peer that dials again and again.</param>
/// <param name="RequireAccept">True if a peer that dials sees nothing before the application has accepted it.</param>
internal readonly record struct MoqTerms(EndpointId Self, int Connections, int ConnectionsPerPeer, bool RequireAccept = false);
