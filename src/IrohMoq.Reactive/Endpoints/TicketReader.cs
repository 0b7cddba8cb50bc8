using System.Numerics;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Reads the binary form of a ticket: byte sequences of a known length, and numbers in LEB128 (7 bits per byte, the lowest bits first).
/// </summary>
/// <param name="bytes">The bytes of the ticket.</param>
internal ref struct TicketReader(ReadOnlySpan<byte> bytes)
{
    private readonly int _length = bytes.Length;
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>Reads a number of bytes.</summary>
    /// <exception cref="FormatException">Fewer bytes are left.</exception>
    public ReadOnlySpan<byte> ReadBytes(ulong count, string what)
    {
        if (count > (ulong)_left.Length)
            throw Missing(what);
        var read = _left[..(int)count];
        _left = _left[(int)count..];
        return read;
    }

    /// <summary>Reads a LEB128 number. The encoding may be longer than necessary, up to the length of the largest number.</summary>
    /// <param name="largest">The largest allowed value, whose bits are all 1.</param>
    /// <param name="what">The name of the number in exception messages.</param>
    /// <exception cref="FormatException">The bytes end within the number, or it is larger than <paramref name="largest"/>.</exception>
    public ulong ReadVarint(ulong largest, string what)
    {
        var value = 0UL;
        for (var (i, shift, bits) = (0, 0, BitOperations.PopCount(largest)); shift < bits; i++, shift += 7)
        {
            if (i == _left.Length)
                throw Missing(what);
            var part = (ulong)(_left[i] & 0x7f);
            if (part > largest >> shift)
                break;
            value |= part << shift;
            if (_left[i] >= 0x80)
                continue;
            _left = _left[(i + 1)..];
            return value;
        }

        throw new FormatException($"the {what} is larger than {largest}");
    }

    private readonly FormatException Missing(string what) => new($"hit the end of the buffer, {_length} bytes, in the {what}");
}
