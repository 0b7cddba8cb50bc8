using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>
/// Reads standard input to its end. Prints "first" when the first byte arrives, and at the end one JSON line with the number of bytes,
/// their SHA-256 hash, the time from the first to the last byte, and the longest time in between without any.
/// </summary>
internal static class GridSink
{
    public static int Run()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var input = Console.OpenStandardInput();
        var buffer = new byte[1 << 16];
        var (bytes, gap, last) = (0L, TimeSpan.Zero, TimeSpan.Zero);
        var clock = new Stopwatch();
        while (input.Read(buffer) is > 0 and var length)
        {
            if (bytes == 0)
            {
                Console.WriteLine("first");
                clock.Start();
            }

            var now = clock.Elapsed;
            gap = now - last > gap ? now - last : gap;
            last = now;
            bytes += length;
            hash.AppendData(buffer.AsSpan(0, length));
        }

        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bytes,
            sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
            seconds = Math.Round(last.TotalSeconds, 2),
            gap = Math.Round(gap.TotalSeconds, 2),
        }));
        return 0;
    }
}
