namespace IrohMoq.Reactive;

/// <summary>A session opened or closed.</summary>
/// <param name="Session">Which one.</param>
/// <param name="Closed">How it ended, or null if it opened.</param>
public sealed record SessionEvent(MoqSession Session, SessionClosed? Closed)
{
    /// <summary>True if the session opened.</summary>
    public bool IsOpening => Closed is null;

    /// <summary>With whom.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
