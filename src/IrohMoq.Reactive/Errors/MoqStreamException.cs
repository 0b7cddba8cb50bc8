namespace IrohMoq.Reactive;

/// <summary>One track or group failed; its session goes on.</summary>
public sealed class MoqStreamException : MoqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">Why.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer caused it.</param>
    /// <param name="innerException">What lies behind it, if anything.</param>
    public MoqStreamException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(code, message, isRemote, innerException)
    {
    }
}
