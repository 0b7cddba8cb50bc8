using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>The buffer in which a batch is put together, and the socket that sends it.</summary>
internal unsafe interface IPacketSink
{
    /// <summary>Room for a batch and one more packet.</summary>
    byte* Buffer { get; }

    /// <summary>Sends packets of one size, of which the last may be shorter.</summary>
    void Send(byte* remote, uint remoteLength, byte* bytes, int length, int segment);
}

/// <summary>
/// Packets of one size for one path, for one system call: until a larger one comes, a smaller one closes it, the path changes, or it is
/// full.
/// </summary>
/// <param name="sink">The buffer and the socket.</param>
/// <param name="quantum">The number of bytes that the connection may send in this turn.</param>
internal unsafe ref struct PacketBatch(IPacketSink sink, int quantum)
{
    private readonly int _most = Math.Min(quantum, UdpSocket.MaxBatch);
    private readonly byte* _buffer = sink.Buffer;
    private NgPathStorage _path;
    private int _used;
    private int _segment;
    private int _total;

    /// <summary>
    /// True when the turn has ended. A packet that would begin another batch is left to the next turn, because a system call for it costs
    /// as much as one for a full batch.
    /// </summary>
    public bool IsDone { get; private set; }

    /// <summary>The address where the next packet is written.</summary>
    public readonly byte* Room => _buffer + _used;

    /// <summary>Adds the packet that was written to <see cref="Room"/>.</summary>
    public void Add(int length, NgPathStorage* path)
    {
        if (_used == 0)
        {
            Begin(length, path);
        }
        else if (length > _segment || !IsOnSamePath(path))
        {
            // A probe is larger than its neighbors, and after a peer has moved some packets go to its old address: each begins a batch of
            // its own.
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
