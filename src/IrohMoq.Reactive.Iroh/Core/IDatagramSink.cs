namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Receives the datagrams that a connection sends.</summary>
internal unsafe interface IDatagramSink
{
    /// <summary>
    /// Gets the memory in which a connection assembles datagrams, at least <see cref="PacketBatch.BufferSize"/> bytes. Only one connection
    /// may use it at a time.
    /// </summary>
    byte* Buffer { get; }

    /// <summary>Sends datagrams of one size on one path. A datagram that cannot be sent is lost, as on any network.</summary>
    /// <param name="path">The path of all the datagrams.</param>
    /// <param name="datagrams">The datagrams, one after the other. The memory is valid only during the call.</param>
    /// <param name="segment">The size of each datagram in bytes. The last datagram may be shorter.</param>
    /// <returns>False if the datagrams were not sent because they are too large for the local network interface.</returns>
    bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment);
}
