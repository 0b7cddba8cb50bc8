namespace IrohMoq.Reactive;

/// <summary>A message was malformed, too large or not allowed at this point. Names the message and the place in it.</summary>
public sealed class MoqProtocolException : MoqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The protocol's code, <see cref="MoqErrorCode.Decode"/> for a malformed message.</param>
    /// <param name="message">What is wrong, with the message's name and the offset in bytes.</param>
    public MoqProtocolException(MoqErrorCode code, string message)
        : base(code, message, isRemote: true)
    {
    }
}
