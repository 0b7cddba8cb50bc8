namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Tells the pace at which a recorded session is played.</summary>
internal static class Scenarios
{
    /// <summary>
    /// Determines whether the pauses of the recorded peer matter, which are not recorded: it requests what this side writes without being
    /// asked.
    /// </summary>
    public static bool NeedsPauses(RecordedSession session) => session is { Scenario: "f", IsPublisher: true };

    /// <summary>Returns the time between two events of the recorded peer.</summary>
    public static TimeSpan Pace(RecordedSession session) => TimeSpan.FromMilliseconds(NeedsPauses(session) ? 20 : 1);
}
