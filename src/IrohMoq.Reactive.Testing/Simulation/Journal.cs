namespace IrohMoq.Reactive.Testing;

/// <summary>What a run has done so far: its lines go into the network's trace, are counted by kind, and the first thing that did not hold is kept.</summary>
internal sealed class Journal(NetworkTrace trace)
{
    private const int LastLines = 40;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The step that runs, 1 for the first.</summary>
    public int Step { get; set; }

    /// <summary>How many events pipelines have folded.</summary>
    public long Events { get; private set; }

    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The first thing that did not hold.</summary>
    public Finding? Found { get; private set; }

    /// <summary>From now on the trace calls an id by its name.</summary>
    public void Know(EndpointId id, string name) => _names[id.ToString()] = name;

    public string NameOf(EndpointId id) => _names.GetValueOrDefault(id.ToString()) ?? id.ToShortString();

    /// <summary>A line.</summary>
    /// <param name="peer">Whose.</param>
    /// <param name="kind">What is counted.</param>
    /// <param name="what">The rest of the line.</param>
    public void Write(string peer, string kind, string what)
    {
        Count(kind);
        trace.Add(peer, $"{kind}: {what}");
    }

    public void WriteEvent(string peer, object happened)
    {
        Events++;
        WriteValue(peer, "event", happened);
    }

    /// <summary>The line of an event or effect; both are records, whose text tells all of it.</summary>
    public void WriteValue(string peer, string kind, object value)
    {
        Count($"{kind} {value.GetType().Name}");
        trace.Add(peer, $"{kind}: {Named(value.ToString()!)}");
    }

    public void Violated(Invariant invariant, string expected, string seen)
    {
        if (Found is not null)
            return;
        trace.Add("simulation", $"violated: {invariant.Name}");
        Found = new Finding(invariant, Step, trace.Elapsed, expected, seen, [.. trace.Lines.TakeLast(LastLines)]);
    }

    private void Count(string kind) => Counts[kind] = Counts.GetValueOrDefault(kind) + 1;

    /// <summary>The text with names where whole ids stood.</summary>
    private string Named(string text)
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

    /// <summary>What did not hold, when, and what the trace said last.</summary>
    internal sealed record Finding(Invariant Invariant, int Step, TimeSpan Time, string Expected, string Seen, IReadOnlyList<string> LastLines);
}
