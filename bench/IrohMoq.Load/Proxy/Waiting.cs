namespace IrohMoq.Load;

/// <summary>Represents a datagram that waits in the proxy until it is sent.</summary>
/// <param name="Buffer">The rented buffer that contains the datagram.</param>
/// <param name="Length">The length of the datagram in bytes.</param>
internal readonly record struct Waiting(byte[] Buffer, int Length);
