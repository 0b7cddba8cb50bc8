using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing;

/// <summary>What the trace says of an arrival, put together only if it is traced: an interpolated string whose holes are not even looked at otherwise.</summary>
[InterpolatedStringHandler]
internal ref struct ArrivalText
{
    private readonly bool _isTraced;
    private DefaultInterpolatedStringHandler _text;

    public ArrivalText(int literalLength, int formattedCount, InMemoryConnection connection, out bool isTraced)
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

    /// <summary>Null if it is not traced.</summary>
    public string? ToText() => _isTraced ? _text.ToStringAndClear() : null;
}
