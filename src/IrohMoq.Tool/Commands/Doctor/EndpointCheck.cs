using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>
/// Checks the addresses that a ticket contains and the offload of the kernel, with an endpoint that has the default options.
/// </summary>
internal static class EndpointCheck
{
    private const string Addresses = "addresses";
    private const string Offload = "offload";

    public static async Task<Finding[]> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = await IrohEndpoint.CreateAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            await using (endpoint.ConfigureAwait(false))
                return [CheckAddresses(endpoint.Address.Addresses), CheckOffload(endpoint.Offload)];
        }
        catch (Exception failure) when (failure is SocketException or NativeLibraryException)
        {
            return [Finding.Problem(Addresses, failure.Message)];
        }
    }

    private static Finding CheckAddresses(IReadOnlyCollection<IPEndPoint> addresses)
    {
        var text = $"a ticket contains {string.Join(", ", addresses.Select(static address => address.Address.ToString()).Distinct())}";
        return addresses.All(static address => IPAddress.IsLoopback(address.Address))
            ? Finding.Warning(Addresses, text, "only programs on this machine can dial; bring up a network interface")
            : Finding.Ok(Addresses, text);
    }

    private static Finding CheckOffload(string offload) => offload switch
    {
        "gso+gro" => Finding.Ok(Offload, "the kernel sends and receives several packets in one call (GSO and GRO)"),
        _ => Finding.Warning(
            Offload, $"the kernel supports {(offload == "none" ? "neither GSO nor GRO" : offload.ToUpperInvariant() + " only")}",
            "it works, but with more load on the processor; Linux 5.0 and later support both"),
    };
}
