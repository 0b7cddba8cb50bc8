using System.Net;
using System.Net.Sockets;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks that a UDP socket of each address family can be bound.</summary>
internal static class SocketCheck
{
    private const string Name = "UDP sockets";

    public static Finding Run()
    {
        var (ipv4, ipv6) = (Bind(IPAddress.Any), Bind(IPAddress.IPv6Any));
        return (ipv4, ipv6) switch
        {
            (null, null) => Finding.Ok(Name, "IPv4 and IPv6 can be bound"),
            (null, _) => Finding.Warning(
                Name, $"IPv4 can be bound, IPv6 cannot: {ipv6}", "peers that have only IPv6 addresses are not reached"),
            (_, null) => Finding.Warning(
                Name, $"IPv6 can be bound, IPv4 cannot: {ipv4}", "use --bind [::]:0; peers that have only IPv4 addresses are not reached"),
            _ => Finding.Problem(Name, $"no UDP socket can be bound: {ipv4}", "the sandbox or container must allow UDP sockets"),
        };
    }

    // Returns null if the socket could be bound, and otherwise the error message.
    private static string? Bind(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return null;
        }
        catch (SocketException failure)
        {
            return failure.Message;
        }
    }
}
