namespace IrohMoq.Reactive.Transport;

/// <summary>The exception that is thrown when a call fails because its connection has ended.</summary>
public sealed class TransportClosedException : IOException
{
    /// <summary>Initializes a new instance of the class with a description of how the connection ended.</summary>
    /// <param name="end">How the connection ended.</param>
    public TransportClosedException(TransportEnd end)
        : base($"The connection has ended: {end}.") =>
        End = end;

    /// <summary>Gets the description of how the connection ended.</summary>
    public TransportEnd End { get; }
}
