namespace IrohMoq.Reactive;

/// <summary>The peer did not announce a broadcast in time. It may do so later; its session goes on.</summary>
public sealed class MoqNotAnnouncedException : MoqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do about it.</param>
    public MoqNotAnnouncedException(string message)
        : base(MoqErrorCode.NotFound, message)
    {
    }
}
