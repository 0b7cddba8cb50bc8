namespace IrohMoq.Reactive.Connections;

/// <summary>Represents how this side has dialed a connection.</summary>
/// <param name="Address">The address of the peer.</param>
/// <param name="Request">The path and the role that this side states, or null for the default ones.</param>
/// <param name="ReplacedAt">The time stamp if the connection replaces another one, which the peer has asked to leave.</param>
internal sealed record Dialed(EndpointAddr Address, SessionRequest? Request, long? ReplacedAt = null);
