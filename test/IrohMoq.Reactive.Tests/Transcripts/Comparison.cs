using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Compares what this side did in a session with what was expected, and describes every difference in words.</summary>
internal sealed partial class Comparison(Expectation expectation)
{
    // The hop id of a session without an endpoint follows from its seed alone.
    private readonly ulong _hop = HopId.Create(ScriptContext.Seed, default);
    private readonly StringBuilder _report = new();

    /// <summary>Gets a value that indicates whether there is a difference.</summary>
    public bool IsDifferent { get; private set; }

    public override string ToString() => _report.ToString();

    /// <summary>Compares the streams.</summary>
    public void Compare(IReadOnlyList<ActualStream> streams)
    {
        foreach (var expected in expectation.Streams.Where(static stream => stream.IsWritten || stream.Stop is not null))
        {
            var actual = streams.FirstOrDefault(stream => stream.Expected == expected);
            Compare(Title(expected), Lines(expected), actual is null ? ["(no such stream)"] : Lines(actual), actual?.Hex);
        }

        foreach (var extra in streams.Where(static stream => stream is { IsOurs: true, Expected: null, Type: not "Probe" }))
            Compare($"another {extra.Type} stream", ["(no such stream)"], Lines(extra), extra.Hex);
    }

    /// <summary>Compares two lists of lines.</summary>
    public void Compare(string title, IReadOnlyList<string> expected, IReadOnlyList<string> actual, string? hex = null)
    {
        if (expected.SequenceEqual(actual))
        {
            _report.AppendLine(CultureInfo.InvariantCulture, $"{title}: as expected, {expected.Count} lines");
            return;
        }

        IsDifferent = true;
        _report.AppendLine(CultureInfo.InvariantCulture, $"{title}:");
        foreach (var line in Diff(expected, actual))
            _report.AppendLine(CultureInfo.InvariantCulture, $"    {line}");
        if (hex is not null)
            _report.AppendLine(CultureInfo.InvariantCulture, $"    bytes of this side: {hex}");
    }

    public void Add(string? missing)
    {
        if (missing is null)
            return;
        IsDifferent = true;
        _report.AppendLine(CultureInfo.InvariantCulture, $"The replay waited in vain for {missing}.");
    }

    private static string Title(ExpectedStream stream) =>
        $"{stream.Type} stream {stream.Id} of {(stream.IsOurs ? "this side" : "the peer")}";

    private static List<string> Lines(ExpectedStream stream) =>
        Lines(stream.Messages.Select(static one => one.Message), stream.IsWritten ? stream.End : null, stream.Stop);

    private List<string> Lines(ActualStream stream) => Lines(
        stream.Messages().Select(one => Free.Normalize(one.Message, _hop, expectation.Session.Hop)),
        (stream.IsOurs || stream.IsBidi) && stream.Expected is not { End: null } ? stream.End : null,
        Free.IsStopCompared(stream.Type ?? "", stream.IsOurs) ? stream.Stop : null);

    private static List<string> Lines(IEnumerable<object> messages, StreamEnding? end, uint? stop)
    {
        List<string> lines = [.. messages.Select(static message => MaxBodySize().Replace($"{message}", ""))];
        if (end is { } ending)
            lines.Add($"end: {ending}");
        if (stop is { } code)
            lines.Add($"stopped with {code}");
        return lines;
    }

    // A property of every message that says nothing about it.
    [GeneratedRegex(@", MaxBodySize = \d+")]
    private static partial Regex MaxBodySize();

    /// <summary>Returns the lines of both lists in order: equal ones once, others marked with the list that they are from.</summary>
    private static IEnumerable<string> Diff(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        var lengths = new int[expected.Count + 1, actual.Count + 1];
        for (var i = expected.Count - 1; i >= 0; i--)
        {
            for (var j = actual.Count - 1; j >= 0; j--)
                lengths[i, j] = expected[i] == actual[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        }

        var (left, right) = (0, 0);
        while (left < expected.Count || right < actual.Count)
        {
            if (left < expected.Count && right < actual.Count && expected[left] == actual[right])
            {
                yield return $"  {expected[left]}";
                (left, right) = (left + 1, right + 1);
            }
            else if (right == actual.Count || (left < expected.Count && lengths[left + 1, right] >= lengths[left, right + 1]))
            {
                yield return $"- {expected[left++]}";
            }
            else
            {
                yield return $"+ {actual[right++]}";
            }
        }
    }
}
