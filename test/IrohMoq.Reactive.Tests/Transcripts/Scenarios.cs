namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Lists the recorded sessions that cannot be played yet, with the reason, and those that need another pace.</summary>
internal static class Scenarios
{
    /// <summary>Returns the reason why a session cannot be played, or null if it can.</summary>
    public static string? Missing(RecordedSession session) => (session.Scenario, session.IsPublisher) switch
    {
        ("f2", false) => "There is no call that asks for the properties of a track without reading it.",
        ("l", true) => "The cost of a broadcast of this side cannot be set yet.",
        _ => null,
    };

    /// <summary>
    /// Returns the time between two events of the recorded peer. The pauses of its script are not recorded; they matter only where it
    /// requests what this side writes without being asked.
    /// </summary>
    public static TimeSpan Pace(RecordedSession session) =>
        TimeSpan.FromMilliseconds(session is { Scenario: "f", IsPublisher: true } ? 20 : 1);
}
