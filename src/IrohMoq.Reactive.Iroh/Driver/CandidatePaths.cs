using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Chooses the paths on which a dial tries to reach the addresses of a peer.</summary>
internal static class CandidatePaths
{
    /// <summary>The maximum number of paths of one dial.</summary>
    public const int Max = 16;

    /// <summary>
    /// Returns a path for each address and each socket from which the address can be reached. If there are more than <see cref="Max"/>,
    /// each address has a path before an address has a second one.
    /// </summary>
    /// <param name="locals">The addresses that the sockets are bound to, in the order of their carrier numbers.</param>
    /// <param name="remotes">The addresses of the peer.</param>
    public static NetworkPath[] Of(IReadOnlyList<NetworkAddress> locals, IEnumerable<NetworkAddress> remotes)
    {
        var ranked =
            from remote in remotes.Distinct()
            let carriers = Enumerable.Range(0, locals.Count).Where(carrier => CanReach(locals[carrier], remote))
            from choice in carriers.Select((carrier, rank) => (Path: new NetworkPath(locals[carrier], remote, carrier), rank))
            orderby choice.rank
            select choice.Path;
        return [.. ranked.Take(Max)];
    }

    /// <summary>
    /// Returns a value that indicates whether a socket can reach an address: both have the same family, and if the socket is bound to one
    /// host, either both are loopback addresses or none is.
    /// </summary>
    /// <param name="local">The address that the socket is bound to.</param>
    /// <param name="remote">The address of the peer.</param>
    public static bool CanReach(in NetworkAddress local, in NetworkAddress remote) =>
        local.Family == remote.Family && local.Family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
        && (local.IsUnspecified || local.IsLoopback == remote.IsLoopback);
}
