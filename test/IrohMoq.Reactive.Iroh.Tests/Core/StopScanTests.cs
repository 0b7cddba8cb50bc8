using CsCheck;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Finds STOP_SENDING in packets of any frames, truncated ones and garbage.</summary>
[Parallelizable(ParallelScope.All)]
public class StopScanTests
{
    private const int Stop = 0x05;
    private const long MaxNumber = (1L << 62) - 1;
    private static readonly int[] Types =
    [
        0x00, 0x01, 0x02, 0x03, 0x04, Stop, 0x06, 0x07, 0x0a, 0x0b, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19,
        0x1a, 0x1b, 0x1e, 0x31,
    ];

    // A STREAM frame without a length, a DATAGRAM frame without a length, CONNECTION_CLOSE, and types that RFC 9000 does not define.
    private static readonly int[] LastTypes = [0x08, 0x09, 0x0c, 0x0d, 0x1c, 0x1d, 0x30, 0x1f, 0x20, 0x32, 0x3f, 0x40, 0x3fff];

    private static readonly Gen<long> Number = Gen.OneOf(
        Gen.Long[0, 63], Gen.Long[64, 16_383], Gen.Long[16_384, 1_073_741_823], Gen.Long[1_073_741_824, MaxNumber]);

    private static readonly Gen<Frame> AnyFrame = Gen.Int[0, Types.Length - 1].SelectMany(static index => FrameOf(Types[index]));

    /// <summary>A frame before, the frame of the type, and a stop behind: all is found if the frame was skipped as long as it is.</summary>
    [TestCaseSource(nameof(Types))]
    public void EachFrame_IsSkippedWhole(int type) => FrameOf(type).Sample(
        static frame => Check([StopFrame(4, 5), frame, StopFrame(MaxNumber, 64)]), iter: 200);

    [TestCaseSource(nameof(LastTypes))]
    public void FrameThatMustBeTheLast_EndsTheScan(int type)
    {
        var found = new List<(long, ulong)>();
        byte[] payload = [.. StopFrame(8, 1).Bytes, .. Encode(type), .. StopFrame(12, 2).Bytes];
        StopScan.Find(payload, found);
        Assert.That(found, Is.EqualTo(new[] { (8L, 1UL) }));
    }

    [Test]
    public void AnyPacket_TruncatedAtEachByte_GivesTheStopsBeforeIt() => AnyFrame.Array[0, 12].Sample(Check, iter: 300);

    /// <summary>Each number has up to four encodings, which mean the same.</summary>
    [Test]
    public void NumbersInLongerForms_AreRead() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 63], Gen.Int[0, 63]).Sample(static (form, otherForm, id, code) =>
        {
            var found = new List<(long, ulong)>();
            StopScan.Find([Stop, .. Encode(id, form), .. Encode(code, otherForm)], found);
            return found is [(var stream, var stopCode)] && stream == id && stopCode == (ulong)code;
        });

    [Test]
    public void AnyBytes_AreScannedWithoutAnException() => Gen.Byte.Array[0, 100].Sample(static bytes =>
    {
        var found = new List<(long Stream, ulong Code)>();
        StopScan.Find(bytes, found);
        return found.Count <= bytes.Length / 3
            && found.TrueForAll(static stop => stop is { Stream: >= 0 and <= MaxNumber, Code: <= MaxNumber });
    });

    [Test]
    public void EnormousLengthsAndCounts_EndTheScan()
    {
        var huge = Encode(MaxNumber);
        foreach (var payload in new byte[][]
        {
            [0x06, 0, .. huge], [0x07, .. huge], [0x0a, 0, .. huge], [0x31, .. huge], [0x02, 0, 0, .. huge, 0], [0x18, 0, 0, 0xff],
        })
        {
            var found = new List<(long, ulong)>();
            StopScan.Find([.. payload, .. StopFrame(1, 1).Bytes, .. StopFrame(2, 2).Bytes], found);
            Assert.That(found, Is.Empty);
        }
    }

    private static bool Check(Frame[] frames)
    {
        byte[] payload = [.. frames.SelectMany(static frame => frame.Bytes)];
        var found = new List<(long, ulong)>();
        var end = 0;
        var whole = new List<(long, ulong)>();
        for (var length = 0; length <= payload.Length; length++)
        {
            // All the frames that are complete within the length.
            while (end < frames.Length && frames[..(end + 1)].Sum(static frame => frame.Bytes.Length) <= length)
            {
                if (frames[end].Stop is { } stop)
                    whole.Add(stop);
                end++;
            }

            found.Clear();
            StopScan.Find(payload.AsSpan(0, length), found);
            if (!found.SequenceEqual(whole))
                return false;
        }

        return true;
    }

    private static Frame StopFrame(long id, ulong code) => new([Stop, .. Encode(id), .. Encode((long)code)], (id, code));

    private static Gen<Frame> FrameOf(int type)
    {
        var bytes = Gen.Byte.Array[0, 20];
        var body = type switch
        {
            0x00 or 0x01 or 0x1e => Gen.Const(Array.Empty<byte>()),
            0x02 or 0x03 => Gen.Select(Numbers(2), Numbers(1), Gen.Int[0, 5].SelectMany(static count => Numbers(2 * count)), Numbers(3))
                .Select((head, first, ranges, ecn) => (byte[])[
                    .. head, .. Encode(CountOf(ranges) / 2), .. first, .. ranges, .. type == 0x03 ? ecn : []]),
            0x04 => Numbers(3),
            0x06 => Gen.Select(Numbers(1), bytes, static (offset, data) => (byte[])[.. offset, .. Encode(data.Length), .. data]),
            0x07 or 0x31 => bytes.Select(static data => (byte[])[.. Encode(data.Length), .. data]),
            >= 0x08 and <= 0x0f => Gen.Select(
                Numbers((type & 0x04) != 0 ? 2 : 1), bytes, static (head, data) => (byte[])[.. head, .. Encode(data.Length), .. data]),
            0x11 or 0x15 => Numbers(2),
            0x18 => Gen.Select(
                Numbers(2), Gen.Byte.Array[1, 20], Gen.Byte.Array[16],
                static (numbers, id, token) => (byte[])[.. numbers, (byte)id.Length, .. id, .. token]),
            0x1a or 0x1b => Gen.Byte.Array[8],
            _ => Numbers(1),
        };
        return type == Stop
            ? Gen.Select(Number, Number, static (id, code) => StopFrame(id, (ulong)code))
            : body.Select(data => new Frame([(byte)type, .. data], null));
    }

    private static Gen<byte[]> Numbers(int count) =>
        Number.Array[count].Select(static numbers => numbers.SelectMany(static number => Encode(number)).ToArray());

    private static int CountOf(ReadOnlySpan<byte> numbers)
    {
        var count = 0;
        for (; numbers.Length > 0; count++)
            numbers = numbers[(1 << (numbers[0] >> 6))..];
        return count;
    }

    /// <summary>Encodes a number in its shortest form, or a longer one. See RFC 9000, section 16.</summary>
    private static byte[] Encode(long number, int form = 0)
    {
        form = Math.Max(form, number switch { < 1L << 6 => 0, < 1L << 14 => 1, < 1L << 30 => 2, _ => 3 });
        var bytes = new byte[1 << form];
        for (var i = bytes.Length - 1; i >= 0; i--, number >>= 8)
            bytes[i] = (byte)number;
        bytes[0] |= (byte)(form << 6);
        return bytes;
    }

    private sealed record Frame(byte[] Bytes, (long Id, ulong Code)? Stop);
}
