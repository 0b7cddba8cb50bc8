namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Defines the methods that an <see cref="IoLoop"/> calls to create the object for an incoming connection and to hand over the connection
/// to the application.
/// </summary>
internal interface IConnectionAcceptor
{
    /// <summary>Gets a value that indicates whether no further connection can be taken at present.</summary>
    bool IsFull { get; }

    /// <summary>Creates the object for an incoming connection.</summary>
    DrivenConnection Create(IoLoop loop);

    /// <summary>Takes a connection whose handshake is complete, or closes it if it cannot be taken.</summary>
    void Accept(DrivenConnection connection);

    /// <summary>Called when the loop has ended.</summary>
    void End();
}
