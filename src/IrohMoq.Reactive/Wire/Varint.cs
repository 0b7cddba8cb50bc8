using System.Buffers.Binary;
using System.Numerics;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Reads and writes variable-length integers of QUIC, the only integer encoding of variable length in moq-lite: the top two bits of the
/// first byte specify whether the integer is 1, 2, 4 or 8 bytes long, and the rest is the value, big-endian. See RFC 9000, section 16.
/// </summary>
internal static class Varint
{
    public const int MaxLength = 8;

    public const ulong MaxValue = (1UL << 62) - 1;

    /// <summary>Returns the number of bytes that <see cref="Write"/> writes for the value.</summary>
    public static int Length(ulong value) => value switch
    {
        < 1UL << 6 => 1,
        < 1UL << 14 => 2,
        < 1UL << 30 => 4,
        <= MaxValue => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "A varint holds at most 62 bits."),
    };

    /// <summary>Reads a varint from the start of the buffer. Encodings that are longer than necessary are accepted.</summary>
    /// <returns>False if the buffer ends before the varint does.</returns>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out ulong value, out int length)
    {
        value = 0;
        length = 0;
        if (buffer.IsEmpty)
            return false;
        var needed = 1 << (buffer[0] >> 6);
        if (buffer.Length < needed)
            return false;
        length = needed;
        value = needed switch
        {
            1 => (ulong)buffer[0] & 0x3f,
            2 => (ulong)BinaryPrimitives.ReadUInt16BigEndian(buffer) & 0x3fff,
            4 => BinaryPrimitives.ReadUInt32BigEndian(buffer) & 0x3fff_ffff,
            _ => BinaryPrimitives.ReadUInt64BigEndian(buffer) & MaxValue,
        };
        return true;
    }

    /// <summary>Writes a value in its shortest encoding and returns the number of bytes.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var length = Length(value);
        var tag = (ulong)BitOperations.Log2((uint)length) << ((8 * length) - 2);
        switch (length)
        {
            case 1:
                destination[0] = (byte)(value | tag);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(value | tag));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(value | tag));
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(destination, value | tag);
                break;
        }

        return length;
    }
}
