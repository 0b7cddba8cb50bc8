using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// An interpolated string handler for the line of an arrival in the trace. It formats nothing if arrivals are not traced.
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

    /// <summary>Returns the text; null if arrivals are not traced.</summary>
    public string? ToText() => _isTraced ? _text.ToStringAndClear() : null;
}
