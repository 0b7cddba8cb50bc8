using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Formats sizes for people.</summary>
internal static class ByteSize
{
    /// <summary>Returns a size in bytes, kB, MB, GB or TB (powers of 1,000) with three significant digits.</summary>
    public static string Format(double bytes)
    {
        ReadOnlySpan<string> units = ["", "kB", "MB", "GB", "TB"];
        var unit = 0;
        while (bytes >= 1000 && unit < units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return unit == 0
            ? Amount.Of((long)Math.Round(bytes), "byte")
            : $"{bytes.ToString(bytes < 10 ? "0.00" : bytes < 100 ? "0.0" : "0")} {units[unit]}";
    }
}
