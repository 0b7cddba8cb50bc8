namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when a peer did not announce a broadcast in time. The session stays open, and the peer may still
/// announce the broadcast later.
/// </summary>
public sealed class MoqNotAnnouncedException : MoqException
{
    /// <summary>Initializes a new instance of the <see cref="MoqNotAnnouncedException"/> class.</summary>
    /// <param name="message">A message that describes what happened and how to resolve it.</param>
    public MoqNotAnnouncedException(string message)
        : base(MoqErrorCode.NotFound, message)
    {
    }
}
