using System.Buffers.Binary;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents a stateless reset token of a peer as a dictionary key. The hash code is randomized per process, so that the duration of a
/// lookup reveals nothing about the stored tokens (RFC 9000, section 10.3.1).
/// </summary>
internal readonly record struct ResetToken(ulong A, ulong B)
{
    /// <summary>The length of a token in bytes.</summary>
    public const int Size = 16;

    public static ResetToken From(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]));

    public override int GetHashCode() => HashCode.Combine(A, B);
}
