namespace IrohMoq.Reactive;

/// <summary>
/// The base class of the exceptions of this library, with the protocol code and the side that caused the failure. The class derives
/// from <see cref="IOException"/>, so that code that handles I/O errors also handles these exceptions.
/// </summary>
public class MoqException : IOException
{
    /// <summary>Initializes a new instance of the <see cref="MoqException"/> class.</summary>
    /// <param name="code">The protocol code.</param>
    /// <param name="message">A message that describes what happened and how to resolve it.</param>
    /// <param name="isRemote">True if the peer caused the failure.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>Gets the protocol code. A code that <see cref="MoqErrorCode"/> does not define is preserved.</summary>
    public MoqErrorCode Code { get; }

    /// <summary>Gets a value that indicates whether the peer caused the failure; false if this side caused or detected it.</summary>
    public bool IsRemote { get; }
}
