using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Chooses the paths on which a dial tries to reach the addresses of a peer.</summary>
internal static class CandidatePaths
{
    /// <summary>The maximum number of paths of one dial.</summary>
    public const int Max = 16;

    /// <summary>
    /// Returns a path for each address and each socket of its family. If there are more than <see cref="Max"/>, each address has a path
    /// before an address has a second one.
    /// </summary>
    /// <param name="locals">The addresses that the sockets are bound to, in the order of their carrier numbers.</param>
    /// <param name="remotes">The addresses of the peer.</param>
    public static NetworkPath[] Of(IReadOnlyList<NetworkAddress> locals, IEnumerable<NetworkAddress> remotes)
    {
        var ranked =
            from remote in remotes.Distinct()
            let carriers = Enumerable.Range(0, locals.Count)
                .Where(carrier => CanReach(locals[carrier], remote))
                .OrderByDescending(carrier => IsOfOneKind(locals[carrier], remote))
            from choice in carriers.Select((carrier, rank) => (Path: new NetworkPath(locals[carrier], remote, carrier), rank))
            orderby choice.rank
            select choice.Path;
        return [.. ranked.Take(Max)];
    }

    /// <summary>Returns a value that indicates whether a socket can send to an address, because both have the same family.</summary>
    /// <param name="local">The address that the socket is bound to.</param>
    /// <param name="remote">The address of the peer.</param>
    public static bool CanReach(in NetworkAddress local, in NetworkAddress remote) =>
        local.Family == remote.Family && local.Family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;

    /// <summary>
    /// A socket that is bound to a loopback address reaches only addresses of this machine, which need not be loopback addresses: it is
    /// tried after the others.
    /// </summary>
    private static bool IsOfOneKind(in NetworkAddress local, in NetworkAddress remote) =>
        local.IsUnspecified || local.IsLoopback == remote.IsLoopback;
}
