namespace IrohMoq.Reactive;

/// <summary>
/// The base class of the exceptions of this library, with the code of the protocol and the side that caused the failure. It is an
/// <see cref="IOException"/>, so that code that catches those keeps working.
/// </summary>
public class MoqException : IOException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="code">The code of the protocol.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer caused the failure.</param>
    /// <param name="innerException">The cause of the failure, if there is one.</param>
    public MoqException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>Gets the code of the protocol. A code that <see cref="MoqErrorCode"/> does not list is kept unchanged.</summary>
    public MoqErrorCode Code { get; }

    /// <summary>Gets a value that indicates whether the peer caused the failure; false if this side caused or found it.</summary>
    public bool IsRemote { get; }
}
