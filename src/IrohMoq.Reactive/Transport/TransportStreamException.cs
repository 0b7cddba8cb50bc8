namespace IrohMoq.Reactive.Transport;

/// <summary>One direction of a stream was ended before its time; the connection goes on.</summary>
public sealed class TransportStreamException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The code as it was on the wire.</param>
    /// <param name="isRemote">True if the peer ended it.</param>
    /// <param name="message">What happened.</param>
    public TransportStreamException(ulong code, bool isRemote, string message)
        : base(message)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>The code as it was on the wire.</summary>
    public ulong Code { get; }

    /// <summary>True if the peer ended it.</summary>
    public bool IsRemote { get; }
}
