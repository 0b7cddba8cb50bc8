using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Releases the unread bytes of an ended connection that the application has abandoned without disposing it. Only the connection references
/// this object, so that both are finalized together. Without this object, the byte budget of the endpoint would count the unread bytes
/// until the endpoint ends.
/// </summary>
internal sealed class LastRelease(ReceiveAccount account, DatagramReceiver datagrams, TransportEnd end) : IDisposable
{
#pragma warning disable MA0055 // Only the garbage collector knows that the connection is no longer used.
    ~LastRelease()
    {
        account.DropUnread(end);
        datagrams.OnEnd(end, isDropped: true);
    }

#pragma warning restore MA0055

    /// <summary>Suppresses the finalizer, because the connection was disposed and its bytes are released.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
