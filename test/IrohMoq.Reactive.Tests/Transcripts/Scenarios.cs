using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Lists the recorded sessions that cannot be played yet, with the reason, and those that need another pace.</summary>
internal static class Scenarios
{
    /// <summary>Returns the reason why a session cannot be played, or null if it can.</summary>
    public static string? Missing(RecordedSession session) => (session.Scenario, session.IsPublisher) switch
    {
        // moq-lite-03 has no GOAWAY: the recorded publisher merely closes the session when its limit is over.
        ("f4", _) when session.IsPublisher || session.Version > MoqVersion.Lite03 => "GOAWAY is not implemented yet.",
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
