using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Represents a datagram of a <see cref="VirtualNetwork"/>.</summary>
/// <param name="From">The host that sends it.</param>
/// <param name="Source">The address that the receiver sees.</param>
/// <param name="Destination">The address to which it is sent.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record VirtualDatagram(VirtualHost From, NetworkAddress Source, NetworkAddress Destination, byte[] Bytes);
