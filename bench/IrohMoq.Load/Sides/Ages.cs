using System.Text.Json;

namespace IrohMoq.Load;

/// <summary>Represents statistics of the age of frames when they were read, in milliseconds.</summary>
internal sealed record Ages(int Count, double P50, double P99, double Max)
{
    public static Ages Of(List<double> ages)
    {
        if (ages.Count == 0)
            return new Ages(0, 0, 0, 0);
        var sorted = ages.Order().ToArray();
        return new Ages(sorted.Length, sorted[sorted.Length / 2], sorted[sorted.Length * 99 / 100], sorted[^1]);
    }

    public string ToText() => JsonSerializer.Serialize(this);

    public static Ages Parse(string line) => JsonSerializer.Deserialize<Ages>(line) ?? throw new InvalidDataException(line);
}
