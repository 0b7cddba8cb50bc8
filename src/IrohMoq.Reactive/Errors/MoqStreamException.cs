namespace IrohMoq.Reactive;

/// <summary>The exception that is thrown when a track or a group failed. The session stays open.</summary>
public sealed class MoqStreamException : MoqException
{
    /// <summary>Initializes a new instance of the <see cref="MoqStreamException"/> class.</summary>
    /// <param name="code">The protocol code.</param>
    /// <param name="message">A message that describes what happened and how to resolve it.</param>
    /// <param name="isRemote">True if the peer caused the failure.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqStreamException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(code, message, isRemote, innerException)
    {
    }
}
