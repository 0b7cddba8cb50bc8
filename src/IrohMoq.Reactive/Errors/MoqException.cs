namespace IrohMoq.Reactive;

/// <summary>
/// What every failure of this library derives from: it tells the protocol's code and which side caused it.
/// It is an <see cref="IOException"/>, so code that catches those keeps working.
/// </summary>
public class MoqException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The protocol's code.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="isRemote">True if the peer caused it.</param>
    /// <param name="innerException">What lies behind it, if anything.</param>
    public MoqException(MoqErrorCode code, string message, bool isRemote = false, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>The protocol's code. A code that the table does not know is kept as it came.</summary>
    public MoqErrorCode Code { get; }

    /// <summary>True if the peer caused it, false if it was found or done on this side.</summary>
    public bool IsRemote { get; }
}
