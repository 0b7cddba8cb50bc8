namespace IrohMoq.Reactive.Connections;

/// <summary>Represents the address at which this side has dialed a connection.</summary>
/// <param name="Address">The peer, with all addresses that were tried.</param>
/// <param name="ReplacedAt">
/// The time stamp of the dial if the connection replaces another one, which the peer had asked this side to leave; otherwise, null.
/// </param>
internal sealed record DialedAddress(EndpointAddr Address, long? ReplacedAt);
