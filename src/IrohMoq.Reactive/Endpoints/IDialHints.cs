namespace IrohMoq.Reactive;

/// <summary>
/// Represents an optional capability of an <see cref="IEndpoint"/>: further addresses of a peer can be added to a dial that is in progress,
/// so that the peer is dialed at all of its addresses as one connection.
/// </summary>
public interface IDialHints
{
    /// <summary>
    /// Adds addresses to the dials of a peer that are in progress. Addresses that a dial has already, or cannot use, are ignored. The
    /// method never blocks and is thread-safe.
    /// </summary>
    /// <param name="remote">The ID of the peer and the further addresses.</param>
    /// <returns>False if no dial of the peer is in progress.</returns>
    bool TryAddAddresses(EndpointAddr remote);
}
