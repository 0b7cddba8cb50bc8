namespace IrohMoq.Reactive.Transport;

/// <summary>The exception that is thrown when a stream was reset or stopped. The connection goes on.</summary>
public sealed class TransportStreamException : IOException
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="code">The code on the wire.</param>
    /// <param name="isRemote">True if the peer ended the stream.</param>
    /// <param name="message">What happened.</param>
    public TransportStreamException(ulong code, bool isRemote, string message)
        : base(message)
    {
        Code = code;
        IsRemote = isRemote;
    }

    /// <summary>Gets the code on the wire.</summary>
    public ulong Code { get; }

    /// <summary>Gets a value that indicates whether the peer ended the stream.</summary>
    public bool IsRemote { get; }
}
