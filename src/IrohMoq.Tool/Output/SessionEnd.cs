using IrohMoq.Reactive;

namespace IrohMoq.Tool.Output;

/// <summary>Converts the ends of sessions to text for people. Code 0 is a normal end, which needs no code.</summary>
internal static class SessionEnd
{
    /// <summary>The reason that a peer sends with code 0 when it is shut down. For people, it would look like a failure.</summary>
    private const string ShutdownReason = "cancelled";

    /// <summary>Returns the end as the rest of a sentence, such as "closed by the peer, 'REASON'".</summary>
    public static string Describe(SessionClosed closed)
    {
        if (closed is { Cause: SessionEndCause.TimedOut, Reason: "" })
            return "nothing arrived from the peer within the idle timeout";
        var end = IsNormal(closed) ? $"closed by {SideOf(closed)}" : $"code {closed.Code}";
        return ReasonOf(closed) is { Length: > 0 } reason ? $"{end}, '{reason}'" : end;
    }

    /// <summary>Returns the end as a line of its own, such as "normally, by the peer: REASON", without control characters.</summary>
    public static string DescribeLine(SessionClosed closed)
    {
        var end = $"{(IsNormal(closed) ? "normally" : $"code {closed.Code}")}, by {SideOf(closed)}";
        return ReasonOf(closed) is { Length: > 0 } reason ? $"{end}: {TerminalText.Escape(reason)}" : end;
    }

    private static bool IsNormal(SessionClosed closed) => closed.Code == MoqErrorCode.Cancel;

    private static string SideOf(SessionClosed closed) => closed.IsRemote ? "the peer" : "this side";

    private static string ReasonOf(SessionClosed closed) => IsNormal(closed) && closed.Reason == ShutdownReason ? "" : closed.Reason;
}
