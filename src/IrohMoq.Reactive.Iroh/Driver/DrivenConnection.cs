using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents a connection that an <see cref="IoLoop"/> drives: it connects the <see cref="QuicCore"/> with the routing tables of the loop.
/// Only the I/O thread may use its members, except where they are documented otherwise.
/// </summary>
internal abstract class DrivenConnection(IoLoop loop) : ICoreEvents
{
    private QuicCore? _core;

    /// <summary>Gets the address of the peer, or of the first candidate while a dial is not answered.</summary>
    public IPEndPoint RemoteEndPoint => Core.Path.Remote.ToEndPoint();

    /// <summary>Gets the core of the connection.</summary>
    public QuicCore Core => _core ?? throw new InvalidOperationException("The connection has not begun.");

    /// <summary>Gets a value that indicates whether the connection has begun. May be read from any thread.</summary>
    public bool HasBegun => Volatile.Read(ref _core) is not null;

    /// <summary>Gets or sets a value that indicates whether the connection will be flushed in this round of the loop.</summary>
    public bool IsActive { get; set; }

    /// <summary>Gets or sets the index of the connection in the heap of a <see cref="Timeline"/>, or -1.</summary>
    public int PlaceInTime { get; set; } = -1;

    /// <summary>Gets or sets the time, in nanoseconds, at which the <see cref="Timeline"/> has the connection.</summary>
    public ulong Due { get; set; } = ulong.MaxValue;

    /// <inheritdoc/>
    public long FairShare => loop.FairShare;

    /// <summary>Gets the count of the memory that the streams of the connection hold. May be used from any thread.</summary>
    public ReceiveAccount Account { get; } = new(loop.Settings.Budget);

    /// <summary>Gets the loop. May be used from any thread.</summary>
    protected IoLoop Loop => loop;

    /// <summary>Begins to dial.</summary>
    public void Dial(EndpointId id, IReadOnlyList<string> protocols, IReadOnlyList<NetworkPath> paths, ulong now) =>
        _core = QuicCore.Dial(loop.Settings, this, loop, Account, protocols, paths, id, now);

    /// <summary>Begins with the first packet of a client. See <see cref="QuicCore.Accept"/>.</summary>
    public unsafe void Accept(
        NgPacketHeader* header, IReadOnlyList<string> protocols, in NetworkPath path, NgCid* retried, ulong now) =>
        _core = QuicCore.Accept(loop.Settings, this, loop, Account, protocols, path, header, now, retried);

    /// <summary>The dial could not begin.</summary>
    public abstract void OnDialFailed(Exception failure);

    /// <summary>Processes what the application has handed over.</summary>
    public abstract void TakeHandOver(ulong now);

    /// <summary>Sends what can be sent now, and notifies the application of what has happened.</summary>
    public virtual void Flush(ulong now) => Core.Flush(now);

    /// <summary>Ends the connection because the endpoint ends. Unread bytes are dropped.</summary>
    public virtual void Shutdown(ulong now) => Core.Close(0, "", now);

    /// <inheritdoc/>
    public virtual void OnHandshakeCompleted()
    {
        if (Core.IsServer)
            loop.OnAccepted(this);
    }

    /// <inheritdoc/>
    public virtual void OnHandshakeConfirmed() => loop.OnDialed(this);

    /// <inheritdoc/>
    public abstract QuicStream OnStreamOpened(long id);

    /// <inheritdoc/>
    public abstract void OnStreamLimit(bool isUni, ulong streams);

    /// <inheritdoc/>
    public abstract void OnDatagram(ReadOnlySpan<byte> payload);

    /// <inheritdoc/>
    public void OnIdIssued(ConnectionId id) => loop.Connections.Add(id, this);

    /// <inheritdoc/>
    public void OnIdRetired(ConnectionId id) => loop.Connections.Remove(id, this);

    /// <inheritdoc/>
    public void OnTokenIssued(ResetToken token) => loop.Connections.Add(token, this);

    /// <inheritdoc/>
    public void OnTokenRetired(ResetToken token) => loop.Connections.Remove(token, this);

    /// <inheritdoc/>
    public virtual void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds)
    {
        loop.Connections.Retire(this, closePacket, closingEnds);
        loop.OnEnded(this, end);
    }
}
