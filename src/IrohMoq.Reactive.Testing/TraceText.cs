using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an interpolated string handler for the trace line of an arriving message. Formats no text if arrivals are not traced.
/// </summary>
[InterpolatedStringHandler]
internal ref struct TraceText
{
    private readonly bool _isTraced;
    private DefaultInterpolatedStringHandler _text;

    public TraceText(int literalLength, int formattedCount, InMemoryConnection connection, out bool isTraced)
    {
        _isTraced = isTraced = connection.Network.TracesArrivals;
        if (!isTraced)
            return;
        _text = new DefaultInterpolatedStringHandler(literalLength, formattedCount);
        _text.AppendLiteral(connection.Label);
        _text.AppendLiteral(" ");
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Returns the formatted text, or null if arrivals are not traced.</summary>
    public string? ToText() => _isTraced ? _text.ToStringAndClear() : null;
}
