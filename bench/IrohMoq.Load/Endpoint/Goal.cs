using System.Globalization;

namespace IrohMoq.Load.Endpoint;

/// <summary>Represents a wanted limit of a measured value.</summary>
/// <param name="Quantity">The quantity of the value.</param>
/// <param name="Subject">The subject of the value.</param>
/// <param name="Limit">The limit.</param>
/// <param name="IsLeast">True if the value should be at least the limit; false if it should be at most the limit.</param>
internal sealed record Goal(string Quantity, string Subject, double Limit, bool IsLeast = false)
{
    public bool IsMet(double value) => IsLeast ? value >= Limit : value <= Limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsLeast ? ">=" : "<=")} {Limit}");
}
