namespace IrohMoq.Reactive.Testing;

/// <summary>Maps endpoint ids to peer names, to replace the ids in texts of the library by names in the trace.</summary>
internal sealed class PeerNames
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    public void Add(EndpointId id, string name) => _names[id.ToString()] = name;

    public string NameOf(EndpointId id) => _names.GetValueOrDefault(id.ToString()) ?? id.ToShortString();

    /// <summary>Returns the text with every known endpoint id replaced by the name of the peer.</summary>
    public string Replace(string text)
    {
        const int Digits = 2 * EndpointId.Size;
        for (int from = 0, run = 0; from < text.Length; from++)
        {
            run = char.IsAsciiHexDigitLower(text[from]) ? run + 1 : 0;
            if (run < Digits || !_names.TryGetValue(text.Substring(from - Digits + 1, Digits), out var name))
                continue;
            text = string.Concat(text.AsSpan(0, from - Digits + 1), name, text.AsSpan(from + 1));
            from += name.Length - Digits;
            run = 0;
        }

        return text;
    }
}
