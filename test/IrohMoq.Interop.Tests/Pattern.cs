using System.Text;

namespace IrohMoq.Interop.Tests;

/// <summary>
/// Computes payloads that both ends know, so that each end can verify every byte of the other; pattern.mjs is the same in JavaScript.
/// Byte i of frame f of group g of track t is <c>(i*31 + (i>>8)*17 + (i>>16)*29 + f*7 + g*13 + t) &amp; 0xff</c>, where t is the sum of
/// the bytes of the name of the track in UTF-8.
/// </summary>
internal static class Pattern
{
    /// <summary>Writes the part of a frame's payload that begins at <paramref name="offset"/>.</summary>
    public static void Fill(Span<byte> payload, string track, ulong group, int frame, int offset = 0)
    {
        var seed = Seed(track, group, frame);
        for (var i = 0; i < payload.Length; i++) payload[i] = ByteAt(seed, offset + i);
    }

    /// <summary>Returns the payload of one frame.</summary>
    public static byte[] Frame(string track, ulong group, int frame, int size)
    {
        var payload = new byte[size];
        Fill(payload, track, group, frame);
        return payload;
    }

    /// <summary>
    /// Returns the index of the first wrong byte in <paramref name="payload"/>, which begins at <paramref name="offset"/> of its frame,
    /// or -1.
    /// </summary>
    public static int FirstDifference(ReadOnlySpan<byte> payload, string track, ulong group, int frame, int offset = 0)
    {
        var seed = Seed(track, group, frame);
        for (var i = 0; i < payload.Length; i++)
        {
            if (payload[i] != ByteAt(seed, offset + i)) return i;
        }

        return -1;
    }

    private static byte Seed(string track, ulong group, int frame)
    {
        var sum = unchecked(((ulong)frame * 7) + (group * 13));
        foreach (var b in Encoding.UTF8.GetBytes(track)) sum = unchecked(sum + b);
        return unchecked((byte)sum);
    }

    private static byte ByteAt(byte seed, int i) => unchecked((byte)((i * 31) + ((i >> 8) * 17) + ((i >> 16) * 29) + seed));
}
