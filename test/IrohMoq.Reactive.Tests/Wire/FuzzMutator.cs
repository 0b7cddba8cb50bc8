using System.Buffers.Binary;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Makes new inputs of known ones. The same seed makes the same inputs.</summary>
internal sealed class FuzzMutator(int seed)
{
    private const int MaxLength = 10_000;

    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 255, 1200, 4096, 4097, 8192, 8193, 16_383, 16_384, 65_536, 65_537, 1 << 25,
        (1 << 25) + 1, (1 << 30) - 1, 1 << 30, uint.MaxValue, (1UL << 53) - 1, 1UL << 53, (1UL << 61) - 1, 1UL << 61, Varint.MaxValue - 1,
        Varint.MaxValue,
    ];

    private readonly Random _random = new(seed);

    public byte[] Next(IReadOnlyList<byte[]> known)
    {
        if (_random.Next(20) == 0)
        {
            var bytes = new byte[_random.Next(80)];
            _random.NextBytes(bytes);
            return bytes;
        }

        var input = known[_random.Next(known.Count)].ToList();
        for (var changes = 1 + _random.Next(4); changes > 0; changes--)
            Change(input, known);
        if (_random.Next(3) > 0)
            FixLength(input);
        return [.. input.Take(MaxLength)];
    }

    private void Change(List<byte> input, IReadOnlyList<byte[]> known)
    {
        var at = _random.Next(input.Count + 1);
        var count = Math.Min(_random.Next(1, 9), input.Count - at);
        switch (_random.Next(7))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)_random.Next(256);
                break;
            case 2:
                input.RemoveRange(at, count);
                break;
            case 3:
                input.InsertRange(at, input.GetRange(at, count));
                break;
            case 4:
                var other = known[_random.Next(known.Count)];
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other[_random.Next(other.Length + 1)..]);
                break;
            default:
                input.RemoveRange(at, Math.Min(count, _random.Next(2)));
                input.InsertRange(at, Number());
                break;
        }
    }

    // A message with a wrong length is refused at once, so most lengths are corrected, and what is behind them is reached.
    private void FixLength(List<byte> input)
    {
        var prefix = _random.Next(2);
        if (input.Count <= prefix)
            return;
        var body = input.Count - prefix - 1;
        if (body < 64)
        {
            input[prefix] = (byte)body;
        }
        else if (body <= 16_384)
        {
            input[prefix] = (byte)(0x40 | ((body - 1) >> 8));
            input[prefix + 1] = (byte)(body - 1);
        }
    }

    private byte[] Number()
    {
        var value = _random.Next(4) == 0 ? (ulong)_random.NextInt64() & Varint.MaxValue : Interesting[_random.Next(Interesting.Length)];
        var bytes = new byte[Varint.MaxLength];
        if (_random.Next(8) > 0)
            return bytes[..Varint.Write(bytes, value)];
        // Longer than necessary.
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value | (3UL << 62));
        return bytes;
    }
}
