namespace IrohMoq.Reactive;

/// <summary>Describes how a session ended. The end is reported as a value, never as an error of an observable of sessions.</summary>
/// <param name="RemoteId">The peer's ID, or the default value if the transport knows none.</param>
/// <param name="Cause">What ended the session.</param>
/// <param name="Code">
/// The code with which the session was closed; <see cref="MoqErrorCode.Timeout"/> or <see cref="MoqErrorCode.Transport"/> if neither
/// side closed it.
/// </param>
/// <param name="Reason">The text that was sent with the code; never null.</param>
/// <param name="IsRemote"><see langword="true"/> if the peer ended the session, or was going away.</param>
public sealed record SessionClosed(EndpointId RemoteId, SessionEndCause Cause, MoqErrorCode Code, string Reason, bool IsRemote)
{
    /// <summary>
    /// Gets a value indicating whether another session with the same peer replaced this one. The peer is still connected.
    /// </summary>
    public bool IsSuperseded => Cause == SessionEndCause.Closed && Code == MoqErrorCode.Superseded;

    /// <summary>
    /// Gets a value indicating whether the session ended because the side that ended it was going away. Another endpoint may have taken its
    /// place.
    /// </summary>
    public bool IsGoingAway => Cause == SessionEndCause.GoingAway;

    /// <summary>
    /// Gets a value indicating whether the peer rejected this side. Dialing again leads to the same result. Up to
    /// moq-lite-05, where peers use the number of <see cref="MoqErrorCode.Rejected"/> for failures as well, only
    /// <see cref="MoqErrorCode.Unauthorized"/> counts; <see cref="Reason"/> may tell more.
    /// </summary>
    public bool IsRefused => Cause == SessionEndCause.Closed && IsRemote && Code == MoqErrorCode.Unauthorized;
}
