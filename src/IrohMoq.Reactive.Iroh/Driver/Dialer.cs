using System.Net;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Begins dials on the paths that the sockets can use.</summary>
/// <param name="sockets">The sockets.</param>
/// <param name="connections">The table of connections.</param>
/// <param name="maxConnections">The number of connections above which no dial begins.</param>
internal sealed class Dialer(SocketSet sockets, ConnectionTable connections, int maxConnections)
{
    /// <summary>Returns a value that indicates whether one of the sockets has the family of an address.</summary>
    public bool CanReach(IPEndPoint remote) =>
        sockets.Addresses.Any(local => CandidatePaths.CanReach(local, NetworkAddress.From(remote)));

    /// <summary>Returns the paths on which a dial tries to reach the addresses of a peer.</summary>
    public NetworkPath[] PathsTo(IEnumerable<IPEndPoint> remotes) =>
        CandidatePaths.Of(sockets.Addresses, remotes.Select(NetworkAddress.From));

    /// <summary>Begins a dial. If that is not possible, the connection of the dial is notified. Must be called on the I/O thread.</summary>
    /// <returns>True if the dial has begun.</returns>
    public bool TryBegin(Dial dial, ulong now)
    {
        try
        {
            if (connections.Count >= maxConnections)
            {
                throw new MoqConnectException(
                    ConnectError.Other,
                    $"{connections.Count} connections are open. Close some, or raise "
                    + $"{nameof(IrohEndpointOptions)}.{nameof(DriverSettings.MaxConnections)}.");
            }

            dial.Connection.Dial(dial.Id, dial.Protocols, PathsTo(dial.Remotes), now);
            return true;
        }
        catch (Exception fault)
        {
            dial.Connection.OnDialFailed(
                fault as MoqConnectException ?? new MoqConnectException(
                    ConnectError.Other,
                    $"The dial of {string.Join(", ", dial.Remotes)} could not begin: {fault.Message}",
                    innerException: fault));
            return false;
        }
    }
}
