namespace IrohMoq.Reactive;

/// <summary>
/// Reports that a peer has asked this side with GOAWAY to leave, because the peer is about to end the session, for example to be restarted.
/// See moq-lite, "GOAWAY".
/// </summary>
/// <param name="Session">The session. It is a view: disposing it has no effect.</param>
/// <param name="Uri">
/// The URI at which the peer wishes to be replaced, or an empty string. Only a URI of the form <c>iroh://ID</c> with the ID of the same
/// peer is followed automatically; any other one is for the application.
/// </param>
/// <param name="IsMoving">
/// <see langword="true"/> if the session continues over another connection, which is being dialed unless it exists;
/// <see langword="false"/> if the session ends when it carries nothing any more or the peer closes it.
/// </param>
public sealed record GoingAwayEvent(MoqSession Session, string Uri, bool IsMoving) : MoqNotice
{
    /// <summary>Gets the ID of the peer of the session.</summary>
    public EndpointId RemoteId => Session.RemoteId;
}
