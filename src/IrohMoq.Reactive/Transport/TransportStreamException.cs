namespace IrohMoq.Reactive.Transport;

/// <summary>The exception that is thrown when a call fails because its stream was reset or stopped. The connection continues.</summary>
public sealed class TransportStreamException : IOException
{
    /// <summary>Initializes a new instance of the class with the code on the wire, the side that ended the stream, and a message.</summary>
    /// <param name="code">The code on the wire.</param>
    /// <param name="isRemote">True if the peer ended the stream.</param>
    /// <param name="message">The message that describes the error.</param>
    public TransportStreamException(ulong code, bool isRemote, string message)
        : base(message)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>Gets the code on the wire with which the stream was reset or stopped.</summary>
    public ulong Code { get; }

    /// <summary>Gets a value that indicates whether the peer ended the stream.</summary>
    public bool IsRemote { get; }
}
