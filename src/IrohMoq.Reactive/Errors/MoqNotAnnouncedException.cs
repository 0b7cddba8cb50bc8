namespace IrohMoq.Reactive;

/// <summary>
/// The exception that is thrown when a peer did not announce a broadcast in time. It may announce it later; the session goes on.
/// </summary>
public sealed class MoqNotAnnouncedException : MoqException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="message">What happened and what to do about it.</param>
    public MoqNotAnnouncedException(string message)
        : base(MoqErrorCode.NotFound, message)
    {
    }
}
