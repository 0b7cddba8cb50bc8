namespace IrohMoq.Reactive;

/// <summary>Reports that a session opened or closed.</summary>
/// <param name="Session">The session. It is a view: disposing it has no effect.</param>
/// <param name="Closed">How the session ended, or null if it opened.</param>
public sealed record SessionEvent(MoqSession Session, SessionClosed? Closed) : MoqNotice
{
    /// <summary>Gets a value indicating whether the session opened.</summary>
    public bool IsOpening => Closed is null;

    /// <summary>Gets the ID of the peer of the session.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
