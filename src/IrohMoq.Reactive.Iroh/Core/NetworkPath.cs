namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the way that a datagram takes: a local address, a remote address, and the carrier that sends and receives it.
/// </summary>
/// <param name="Local">The local address.</param>
/// <param name="Remote">The address of the peer.</param>
/// <param name="Carrier">
/// The number of the carrier, for example of one of several sockets. It is opaque to a connection, which only returns it with datagrams.
/// </param>
internal readonly record struct NetworkPath(NetworkAddress Local, NetworkAddress Remote, int Carrier = 0);
