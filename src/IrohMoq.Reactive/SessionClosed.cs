
namespace IrohMoq.Reactive;

/// <summary>How a session ended. A value, never an error of a stream of sessions.</summary>
/// <param name="Session">Which one.</param>
/// <param name="Cause">What ended it.</param>
/// <param name="Code">The code it was closed with; <see cref="MoqErrorCode.Timeout"/> or <see cref="MoqErrorCode.Transport"/> where nobody closed it.</param>
/// <param name="Reason">The text that came with it, never null.</param>
/// <param name="IsRemote">True if the peer ended it.</param>
public sealed record SessionClosed(MoqSession Session, SessionEndCause Cause, MoqErrorCode Code, string Reason, bool IsRemote)
{
    /// <summary>True if another session with the same peer took this one's place: no disconnect, the peer is still there.</summary>
    public bool IsSuperseded => Cause == SessionEndCause.Closed && Code == MoqErrorCode.Superseded;

    /// <summary>True if the peer did not want this side: dialing again would lead to the same.</summary>
    public bool IsRefused => Cause == SessionEndCause.Closed && IsRemote && (Code == MoqErrorCode.Rejected || Code == MoqErrorCode.Unauthorized);
}
