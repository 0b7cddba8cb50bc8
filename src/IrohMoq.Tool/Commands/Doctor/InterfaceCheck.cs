using System.Net.NetworkInformation;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Checks that the network interfaces that are up can carry the packets of QUIC.</summary>
internal static class InterfaceCheck
{
    private const string Name = "network MTU";

    // 1,200 bytes of QUIC (RFC 9000, section 14), with the headers of UDP and IPv6.
    private const int SmallestMtu = 1248;

    public static Finding Run()
    {
        try
        {
            var interfaces = NetworkInterface.GetAllNetworkInterfaces()
                .Where(static card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .Select(static card => (card.Name, Mtu: MtuOf(card)))
                .ToArray();
            var text = string.Join(", ", interfaces.Select(static card => $"{card.Name} {card.Mtu:N0}"));
            if (interfaces.Length == 0)
                return Finding.Problem(Name, "no network interface is up", "bring one up; for tests on one machine: ip link set lo up");
            if (interfaces.FirstOrDefault(static card => card.Mtu is > 0 and < SmallestMtu).Name is { } small)
                return Finding.Warning(
                    Name, text, $"QUIC needs {SmallestMtu:N0} bytes, so {small} does not carry sessions: ip link set {small} mtu 1280");
            return Finding.Ok(Name, text);
        }
        catch (NetworkInformationException failure)
        {
            return Finding.Warning(
                Name, $"the network interfaces cannot be listed: {failure.Message}", "bind an address of the machine with --bind");
        }
    }

    private static int MtuOf(NetworkInterface card)
    {
        var properties = card.GetIPProperties();
        return card.Supports(NetworkInterfaceComponent.IPv4) ? properties.GetIPv4Properties().Mtu : properties.GetIPv6Properties().Mtu;
    }
}
