namespace IrohMoq.Reactive.Iroh.Udp;

/// <summary>
/// Represents received datagrams of one size (the last may be shorter) from one address. The memory is valid until the next receive call.
/// </summary>
internal readonly unsafe struct ReceivedBatch(byte* bytes, int length, int segment, byte* from, uint fromLength)
{
    public byte* Bytes { get; } = bytes;

    public int Length { get; } = length;

    public int Segment { get; } = segment;

    public byte* From { get; } = from;

    public uint FromLength { get; } = fromLength;
}
