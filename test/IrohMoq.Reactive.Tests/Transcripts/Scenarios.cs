namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Lists the recorded sessions that cannot be played yet, with the reason, and those that need another pace.</summary>
internal static class Scenarios
{
    /// <summary>Returns the reason why a session cannot be played, or null if it can.</summary>
    public static string? Missing(RecordedSession session) => (session.Scenario, session.IsPublisher) switch
    {
        ("f2", false) => "There is no call that asks for the properties of a track without reading it.",
        _ => null,
    };

    /// <summary>
    /// Determines whether the pauses of the recorded peer matter, which are not recorded: it requests what this side writes without being
    /// asked.
    /// </summary>
    public static bool NeedsPauses(RecordedSession session) => session is { Scenario: "f", IsPublisher: true };

    /// <summary>Returns the time between two events of the recorded peer.</summary>
    public static TimeSpan Pace(RecordedSession session) => TimeSpan.FromMilliseconds(NeedsPauses(session) ? 20 : 1);
}
