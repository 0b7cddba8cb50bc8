using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>Provides the buffer in which a batch of packets is assembled, and sends the batch.</summary>
internal unsafe interface IPacketSink
{
    /// <summary>Gets the buffer, which has room for a batch and one more packet.</summary>
    byte* Buffer { get; }

    /// <summary>Sends packets of one size to one address. The last packet may be shorter.</summary>
    void Send(byte* remote, uint remoteLength, byte* bytes, int length, int segment);
}

/// <summary>
/// Collects packets of one size for one path, to send them in one system call. A batch is sent when it is full, after a smaller packet, or
/// before a packet that is larger or has another path.
/// </summary>
/// <param name="sink">The sink that provides the buffer and sends the batch.</param>
/// <param name="quantum">The maximum number of bytes that the connection may send in this turn.</param>
internal unsafe ref struct PacketBatch(IPacketSink sink, int quantum)
{
    private readonly int _most = Math.Min(quantum, UdpSocket.MaxBatch);
    private readonly byte* _buffer = sink.Buffer;
    private NgPathStorage _path;
    private int _used;
    private int _segment;
    private int _total;

    /// <summary>
    /// Gets a value that indicates whether this turn of the connection has ended. A packet that would start another batch is left to the
    /// next turn, because its system call would cost as much as that for a full batch.
    /// </summary>
    public bool IsDone { get; private set; }

    /// <summary>Gets the address at which the next packet must be written.</summary>
    public readonly byte* Room => _buffer + _used;

    /// <summary>Adds the packet that was written at <see cref="Room"/>.</summary>
    public void Add(int length, NgPathStorage* path)
    {
        if (_used == 0)
        {
            Begin(length, path);
        }
        else if (length > _segment || !IsOnSamePath(path))
        {
            // Path MTU probes are larger than other packets, and after a peer has changed its address some packets go to the old address.
            // Each such packet starts a new batch.
            var packet = _buffer + _used;
            Send();
            Buffer.MemoryCopy(packet, _buffer, IoLoop.BufferSize, length);
            Begin(length, path);
        }

        _used += length;
        _total += length;
        IsDone = _total + _segment > _most;
        if (length < _segment || _used + _segment > UdpSocket.MaxBatch || _used / _segment >= UdpSocket.MaxSegments)
            Send();
    }

    /// <summary>Sends the packets of the batch.</summary>
    public void Send()
    {
        if (_used == 0)
            return;
        fixed (byte* remote = _path.RemoteBuffer)
            sink.Send(remote, _path.Path.Remote.Length, _buffer, _used, _segment);
        _used = 0;
    }

    private void Begin(int length, NgPathStorage* path)
    {
        _path = *path;
        _segment = length;
    }

    private readonly bool IsOnSamePath(NgPathStorage* path)
    {
        fixed (byte* remote = _path.RemoteBuffer, local = _path.LocalBuffer)
        {
            return IsSame(remote, _path.Path.Remote.Length, path->RemoteBuffer, path->Path.Remote.Length)
                && IsSame(local, _path.Path.Local.Length, path->LocalBuffer, path->Path.Local.Length);
        }
    }

    private static bool IsSame(byte* address, uint length, byte* other, uint otherLength) =>
        new ReadOnlySpan<byte>(address, (int)length).SequenceEqual(new ReadOnlySpan<byte>(other, (int)otherLength));
}
