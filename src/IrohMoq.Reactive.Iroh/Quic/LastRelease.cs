namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Held by an ended connection that has something left to read, and by nobody else: when the application has let go of the connection and
/// of its streams without disposing it, what nobody read goes back to the endpoint's budget, which would be short of it for good.
/// </summary>
internal sealed class LastRelease(QuicConnection connection) : IDisposable
{
#pragma warning disable MA0055 // There is nobody left to call anything: only the collector knows that the connection is nobody's.
    ~LastRelease() => connection.DropUnread();
#pragma warning restore MA0055

    /// <summary>Whoever disposes the connection has released everything.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
