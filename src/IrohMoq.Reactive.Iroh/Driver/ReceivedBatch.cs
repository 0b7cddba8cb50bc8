using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents received datagrams of one size (the last may be shorter) on one path. The memory is valid until the next receive call.
/// </summary>
/// <param name="bytes">The datagrams, one after the other.</param>
/// <param name="segment">The size of each datagram in bytes.</param>
/// <param name="path">The path on which the datagrams arrived.</param>
internal readonly ref struct ReceivedBatch(ReadOnlySpan<byte> bytes, int segment, NetworkPath path)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Segment { get; } = segment;

    public NetworkPath Path { get; } = path;
}
