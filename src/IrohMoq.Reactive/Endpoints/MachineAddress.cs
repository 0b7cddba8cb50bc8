using System.Net;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Represents an IP address of the machine.</summary>
/// <param name="Address">The address.</param>
/// <param name="IsUp">True if the network interface of the address is up; otherwise, false.</param>
internal readonly record struct MachineAddress(IPAddress Address, bool IsUp);
