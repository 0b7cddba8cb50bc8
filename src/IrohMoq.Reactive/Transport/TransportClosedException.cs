namespace IrohMoq.Reactive.Transport;

/// <summary>The connection is over.</summary>
public sealed class TransportClosedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="end">How the connection ended.</param>
    public TransportClosedException(TransportEnd end)
        : base($"The connection is over: {end}.") =>
        End = end;

    /// <summary>How the connection ended.</summary>
    public TransportEnd End { get; }
}
