using System.Globalization;
using System.Text.RegularExpressions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// Translates what the recorded programs printed into the words of <see cref="Observations"/>. Not translated are the commands themselves,
/// the results of commands that merely succeed, and how a session ended when its program did.
/// </summary>
internal static partial class RecordedOutput
{
    public static IEnumerable<string> Of(RecordedSession session) =>
        session.Output.Select(line => Translate(Time().Replace(line, ""), session)).OfType<string>();

    private static string? Translate(string line, RecordedSession session)
    {
        if (Frame().Match(line) is { Success: true } frame)
        {
            var time = session.Version.HasTrackInfo ? TimeOf(frame.Groups[2].Value) : (ulong?)null;
            return Observations.Frame(ulong.Parse(frame.Groups[1].Value, CultureInfo.InvariantCulture), time, frame.Groups[3].Value);
        }

        if (Fetched().Match(line) is { Success: true } fetched)
            return Observations.Fetched(TimeOf(fetched.Groups[1].Value), fetched.Groups[2].Value);
        if (Info().Match(line) is { Success: true } info)
        {
            var priority = int.Parse(info.Groups[3].Value, CultureInfo.InvariantCulture);
            return Observations.Properties(priority, TimeOf(info.Groups[2].Value), info.Groups[1].Value == "MILLI" ? 1 : double.NaN);
        }

        if (Datagram().Match(line) is { Success: true } datagram)
        {
            var group = ulong.Parse(datagram.Groups[1].Value, CultureInfo.InvariantCulture);
            return Observations.Datagram(group, TimeOf(datagram.Groups[2].Value), datagram.Groups[3].Value);
        }

        if (Error().Match(line) is { Success: true } error)
            return $"{error.Groups[1].Value} error {CodeOf(error.Groups[2].Value)}";
        if (line.StartsWith("subscribe failed: ", StringComparison.Ordinal))
            return $"track error {CodeOf(line["subscribe failed: ".Length..])}";
        if (Announced().Match(line) is { Success: true } announced)
            return AnnouncementOf(announced, session.Version);
        if (Closed().Match(line) is { Success: true } closed)
            return $"closed application {closed.Groups[1].Value}";
        if (line.Contains("MoqNet(Transport(", StringComparison.Ordinal) || line.Contains("RefusedRedirect", StringComparison.Ordinal))
            return "closed";
        if (line.StartsWith("fetch ", StringComparison.Ordinal))
            return line.Contains("NotFound", StringComparison.Ordinal) ? "fetch error not found" : "fetch end";
        return line is "track end" or "unused" or "frame timeout" || GroupEnd().IsMatch(line)
            ? line
            : line switch
            {
                "Ok(Err(Unroutable))" => "request unroutable",
                "Ok(Err(Stream(NotFound)))" => "properties error not found",
                _ => null,
            };
    }

    private static string AnnouncementOf(Match announced, MoqVersion version)
    {
        var hops = Hop().Matches(announced.Groups[2].Value)
            .Select(static hop => ulong.Parse(hop.Groups[1].Value, CultureInfo.InvariantCulture));
        var kind = announced.Groups[5].Value.ToLowerInvariant();
        var cost = ulong.Parse(announced.Groups[3].Value, CultureInfo.InvariantCulture);
        return Observations.Announcement(kind, announced.Groups[1].Value, hops, cost, version);
    }

    // The recorded programs print whole seconds as such.
    private static ulong TimeOf(string text) => text.EndsWith("ms", StringComparison.Ordinal)
        ? ulong.Parse(text[..^2], CultureInfo.InvariantCulture)
        : ulong.Parse(text[..^1], CultureInfo.InvariantCulture) * 1000;

    private static string CodeOf(string text) => text switch
    {
        "cancelled" => "cancel",
        "transport: connection closed" => "session closed",
        _ when text.StartsWith("app code=", StringComparison.Ordinal) => $"application {text["app code=".Length..]}",
        _ => text,
    };

    [GeneratedRegex(@"^\d+\.\d+ ")]
    private static partial Regex Time();

    [GeneratedRegex("^group (\\d+) frame (\\S+) b\"(.*)\"$")]
    private static partial Regex Frame();

    [GeneratedRegex("^fetched frame (\\S+) b\"(.*)\"$")]
    private static partial Regex Fetched();

    [GeneratedRegex(@"^Ok\(Ok\(Info \{ timescale: Timescale::(\w+), max_age: (\S+), priority: (\d+) \}")]
    private static partial Regex Info();

    [GeneratedRegex("Some\\(Datagram \\{ sequence: (\\d+), timestamp: (\\S+), payload: b\"(.*)\" \\}")]
    private static partial Regex Datagram();

    [GeneratedRegex(@"^group \d+ end$")]
    private static partial Regex GroupEnd();

    [GeneratedRegex(@"^(group \d+|track) error (.*)$")]
    private static partial Regex Error();

    [GeneratedRegex("AnnounceUpdate \\{ prefix: Path\\(\"(.*?)\"\\).*Hops\\(\\[(.*?)\\]\\).*warm: (\\d+), cold: (\\d+).*kind: (\\w+)")]
    private static partial Regex Announced();

    [GeneratedRegex(@"id: (\d+)")]
    private static partial Regex Hop();

    [GeneratedRegex(@"Session\(App\((\d+)\)\)")]
    private static partial Regex Closed();
}
