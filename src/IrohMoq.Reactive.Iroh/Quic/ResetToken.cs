using System.Buffers.Binary;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// A stateless reset token of a peer's as a key. A lookup goes by a hash that is keyed in each process, so that its time says nothing of
/// the tokens that are known (RFC 9000, section 10.3.1).
/// </summary>
internal readonly record struct ResetToken(ulong A, ulong B)
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 16;

    public static ResetToken From(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]));

    public override int GetHashCode() => HashCode.Combine(A, B);
}
