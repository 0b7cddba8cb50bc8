namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Releases the unread bytes of an ended connection that the application has dropped without disposing it. Only that connection refers to
/// it, so that it is finalized together with the connection. Without it, the endpoint's budget would be short of those bytes until the
/// endpoint ends.
/// </summary>
internal sealed class LastRelease(QuicConnection connection) : IDisposable
{
#pragma warning disable MA0055 // Only the garbage collector knows that the connection is no longer used.
    ~LastRelease() => connection.DropUnread();
#pragma warning restore MA0055

    /// <summary>The connection was disposed, and its bytes are released.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
