using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Collects packets of one size for one path, so that they can be sent in one system call. A batch ends with a smaller packet, before a
/// larger one, before a packet for another path, and when it is full.
/// </summary>
/// <param name="sink">The buffer, and the sender of the batch.</param>
/// <param name="quantum">The number of bytes that the connection may send in this turn.</param>
internal unsafe ref struct PacketBatch(IDatagramSink sink, int quantum)
{
    /// <summary>The maximum number of bytes of one batch: the maximum payload of a UDP datagram of IPv4.</summary>
    public const int MaxSize = 65_507;

    /// <summary>The maximum number of packets of one batch.</summary>
    public const int MaxSegments = 64;

    /// <summary>The size of the buffer: room for a batch and one more packet.</summary>
    public const int BufferSize = MaxSize + 2048;

    private readonly int _most = Math.Min(quantum, MaxSize);
    private readonly byte* _buffer = sink.Buffer;
    private NgPathStorage _path;
    private int _used;
    private int _segment;
    private int _total;

    /// <summary>
    /// Gets a value that indicates whether the turn has ended. A packet that would begin another batch is left to the next turn, because a
    /// system call for it costs as much as one for a full batch.
    /// </summary>
    public bool IsDone { get; private set; }

    /// <summary>
    /// Gets the size of the smallest packets that were refused because they are too large for the local network interface, or 0.
    /// </summary>
    public int Refused { get; private set; }

    /// <summary>Gets the address where the next packet is written.</summary>
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
            Buffer.MemoryCopy(packet, _buffer, BufferSize, length);
            Begin(length, path);
        }

        _used += length;
        _total += length;
        IsDone = _total + _segment > _most;
        if (length < _segment || _used + _segment > MaxSize || _used / _segment >= MaxSegments)
            Send();
    }

    /// <summary>Sends the packets of the batch.</summary>
    public void Send()
    {
        if (_used == 0)
            return;
        var isSent = sink.Send(NativePath.Read(_path), new ReadOnlySpan<byte>(_buffer, _used), _segment);
        if (!isSent && (Refused == 0 || _segment < Refused))
            Refused = _segment;
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
