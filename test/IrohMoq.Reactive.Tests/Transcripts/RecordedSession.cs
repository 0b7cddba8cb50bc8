using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>A stream of a recorded session.</summary>
/// <param name="Id">The number of the stream in the recording.</param>
/// <param name="IsBidi">True if both sides write it.</param>
/// <param name="IsOurs">True if the side opened it that this library plays.</param>
/// <param name="Type">The type, such as <c>Subscribe</c>.</param>
internal sealed record RecordedStream(long Id, bool IsBidi, bool IsOurs, string Type);

/// <summary>One recorded connection, seen from the side that this library plays.</summary>
internal sealed record RecordedSession
{
    /// <summary>Gets the letter of the scenario, such as <c>a</c> or <c>c2</c>.</summary>
    public required string Scenario { get; init; }

    public required MoqVersion Version { get; init; }

    /// <summary>Gets a value that indicates whether this library plays the publisher; otherwise it plays the subscriber.</summary>
    public required bool IsPublisher { get; init; }

    /// <summary>Gets a value that indicates whether the side dialed that this library plays.</summary>
    public required bool IsDialer { get; init; }

    /// <summary>Gets the hop id of the side that this library plays, as the recording has it.</summary>
    public required ulong Hop { get; init; }

    /// <summary>Gets the commands that the recorded program carried out on the side that this library plays.</summary>
    public required IReadOnlyList<string> Script { get; init; }

    /// <summary>Gets what the recorded program printed on the side that this library plays.</summary>
    public required IReadOnlyList<string> Output { get; init; }

    public required IReadOnlyList<RecordedStream> Streams { get; init; }

    /// <summary>Gets the events up to the first that ends the session. What follows differs from one recording to the next.</summary>
    public required IReadOnlyList<RecordedEvent> Events { get; init; }

    /// <summary>Gets the name of the test, such as <c>lite-06/a/publisher</c>.</summary>
    public string Name => $"lite-0{(int)Version}/{Scenario}/{(IsPublisher ? "publisher" : "subscriber")}";

    public static IEnumerable<RecordedSession> All() =>
        from version in Enum.GetValues<MoqVersion>()
        from scenario in Load($"lite-0{(int)version}.json").GetProperty("scenarios").EnumerateArray().ToArray()
        from isPublisher in new[] { true, false }
        select From(scenario, version, isPublisher);

    private static RecordedSession From(JsonElement scenario, MoqVersion version, bool isPublisher)
    {
        var name = scenario.GetProperty("scenario").GetString()!.Split('-')[0];
        var role = isPublisher ? "publisher" : "subscriber";
        if (scenario.TryGetProperty("connections", out var connections))
        {
            // Both programs dial the relay.
            var script = scenario.GetProperty($"{role}Script").GetString()!;
            return From(name, version, isPublisher, connections[isPublisher ? 0 : 1], "dialer", isPublisher ? 101UL : 202, script)
                with { Output = Lines(scenario, role) };
        }

        var publisher = scenario.GetProperty("publisher").GetString()!;
        var side = isPublisher ? publisher : publisher == "dialer" ? "listener" : "dialer";
        var program = scenario.GetProperty(side);
        var (hop, commands) = (program.GetProperty("hop").GetUInt64(), program.GetProperty("script").GetString()!);
        return From(name, version, isPublisher, scenario, side, hop, commands) with { Output = Lines(scenario, side) };
    }

    private static RecordedSession From(
        string name, MoqVersion version, bool isPublisher, JsonElement connection, string side, ulong hop, string script)
    {
        var events = connection.GetProperty("events").EnumerateArray().Select((json, i) => RecordedEvent.From(json, i, side)).ToList();
        var end = events.FindIndex(static one => one.EndsSession);
        return new RecordedSession
        {
            Scenario = name,
            Version = version,
            IsPublisher = isPublisher,
            IsDialer = side == "dialer",
            Hop = hop,
            Script = script.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Output = [],
            Streams = [.. connection.GetProperty("streams").EnumerateArray().Select(json => new RecordedStream(
                json.GetProperty("id").GetInt64(),
                json.GetProperty("kind").GetString() == "bidi",
                json.GetProperty("openedBy").GetString() == side,
                json.GetProperty("streamType").GetString()!.Split(' ')[0]))],
            Events = events[..(end + 1)],
        };
    }

    private static string[] Lines(JsonElement scenario, string side) =>
        [.. scenario.GetProperty("output").EnumerateArray()
            .Select(static line => line.GetString()!)
            .Where(line => line.StartsWith($"{side}:", StringComparison.Ordinal))
            .Select(line => line[(side.Length + 1)..].Trim())];

    private static JsonElement Load(string name)
    {
        using var stream = typeof(RecordedSession).Assembly.GetManifestResourceStream(name)!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
