using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Finds the addresses at which peers can reach an endpoint.</summary>
internal static class ReachableAddresses
{
    /// <summary>
    /// Returns the addresses at which peers can reach sockets. A socket that is bound to one host has only its own address. A socket that
    /// is bound to all addresses of the machine has those of its family whose network interface is up, without IPv6 link-local addresses,
    /// which have no meaning on another machine. Loopback addresses are included only if there is nothing else, because for a peer on
    /// another machine they are addresses of its own.
    /// </summary>
    /// <param name="bound">The addresses that the sockets are bound to.</param>
    /// <param name="machine">The addresses of the machine.</param>
    public static ImmutableArray<IPEndPoint> Of(IReadOnlyList<IPEndPoint> bound, IReadOnlyList<MachineAddress> machine)
    {
        ImmutableArray<IPEndPoint> outside = [.. bound.SelectMany(socket => Of(socket, machine, isLoopback: false))];
        return outside.IsEmpty ? [.. bound.SelectMany(socket => Of(socket, machine, isLoopback: true))] : outside;
    }

    /// <summary>Returns the addresses that the machine has now.</summary>
    public static IReadOnlyList<MachineAddress> OfMachine() =>
    [
        .. from card in NetworkInterface.GetAllNetworkInterfaces()
           let isUp = card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown
           from unicast in card.GetIPProperties().UnicastAddresses
           select new MachineAddress(unicast.Address, isUp),
    ];

    private static IEnumerable<IPEndPoint> Of(IPEndPoint socket, IReadOnlyList<MachineAddress> machine, bool isLoopback)
    {
        if (!socket.Address.Equals(IPAddress.Any) && !socket.Address.Equals(IPAddress.IPv6Any))
            return isLoopback ? [] : [socket];
        return machine
            .Where(own => own.IsUp && own.Address.AddressFamily == socket.AddressFamily && !own.Address.IsIPv6LinkLocal
                && IPAddress.IsLoopback(own.Address) == isLoopback)
            .Select(own => new IPEndPoint(own.Address, socket.Port));
    }
}
