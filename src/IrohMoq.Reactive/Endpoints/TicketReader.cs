using System.Numerics;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Reads a ticket's bytes from the front: fixed runs, and numbers in LEB128 (7 bits a byte, the lowest first).</summary>
/// <param name="bytes">The bytes.</param>
internal ref struct TicketReader(ReadOnlySpan<byte> bytes)
{
    private readonly int _length = bytes.Length;
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="FormatException">There are not so many.</exception>
    public ReadOnlySpan<byte> ReadBytes(ulong count, string what)
    {
        if (count > (ulong)_left.Length)
            throw Missing(what);
        var read = _left[..(int)count];
        _left = _left[(int)count..];
        return read;
    }

    /// <summary>Takes the next number. It may carry needless zeros, up to the bytes that the largest number takes.</summary>
    /// <param name="largest">The largest number, all of its bits 1.</param>
    /// <param name="what">What the number is, for messages.</param>
    /// <exception cref="FormatException">The bytes end within it, or it is larger than <paramref name="largest"/>.</exception>
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
