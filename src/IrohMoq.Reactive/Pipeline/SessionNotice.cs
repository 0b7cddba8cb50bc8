namespace IrohMoq.Reactive.Pipeline;

/// <summary>What observers of sessions may be told, in one order.</summary>
/// <param name="Session">Which session.</param>
/// <param name="Event">That it opened or closed; null if it waits for the application's decision, or is over without one.</param>
internal sealed record SessionNotice(SharedSession Session, SessionEvent? Event)
{
    /// <summary>True if a peer dialed and the application may decide about it.</summary>
    public bool IsIncoming => !Session.IsOutbound && Event is not { IsOpening: false };
}
