using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Queues the datagrams that a connection sends (RFC 9221), and puts them into packets. <see cref="TrySend"/> and the properties may be
/// used from any thread; the other members only by the core.
/// </summary>
internal sealed unsafe class OutgoingDatagrams
{
    /// <summary>
    /// The maximum number of bytes around a datagram: the first byte, a connection id and a packet number of the packet, its authentication
    /// tag, and the type and the length of the frame.
    /// </summary>
    private const int Overhead = 1 + NgCid.MaxLength + 4 + 16 + 1 + 2;

    private readonly DatagramQueue _queue = new();
    private int _maxSize;
    private long _dropped;

    /// <summary>Gets the maximum length of a datagram in bytes; 0 before the handshake, or if the peer accepts no datagrams.</summary>
    public int MaxSize => Volatile.Read(ref _maxSize);

    /// <summary>Gets the number of datagrams that were dropped because they had become too long for the path.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Queues a copy of a datagram.</summary>
    /// <returns>False if the queue is full.</returns>
    public bool TrySend(ReadOnlySpan<byte> payload) => _queue.TryAdd(payload);

    /// <summary>Removes all datagrams, because the connection has ended.</summary>
    public void Clear() => _queue.Clear();

    /// <summary>Updates <see cref="MaxSize"/> from the limit of the peer and the maximum size of packets.</summary>
    public void Update(NativeConnection native, int maxPacketSize)
    {
        var peer = Ngtcp2.GetRemoteTransportParams(native.Handle);
        var allowed = peer is null ? 0 : (long)Math.Min(peer->MaxDatagramFrameSize, int.MaxValue);
        // The frame of the peer's limit includes its type and length.
        Volatile.Write(ref _maxSize, allowed == 0 ? 0 : (int)Math.Max(0, Math.Min(maxPacketSize - Overhead, allowed - 3)));
    }

    /// <summary>Puts datagrams into the next packet.</summary>
    /// <param name="native">The native connection.</param>
    /// <param name="path">Receives the path of the packet.</param>
    /// <param name="destination">The memory of the packet.</param>
    /// <param name="room">The maximum size of the packet in bytes.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <returns>
    /// The length of a packet that is complete, an error code, or null if other data can be added to the packet or congestion control
    /// allows no packet.
    /// </returns>
    public nint? Write(NativeConnection native, NgPathStorage* path, byte* destination, nuint room, ulong now)
    {
        while (!_queue.IsEmpty && _queue.TryPeek(out var payload))
        {
            if (payload.Length > (int)room - Overhead)
            {
                Drop();
                continue;
            }

            int accepted;
            nint length;
            fixed (byte* bytes = payload)
            {
                // ngtcp2 allows no vector without bytes.
                var vector = new NgVec { Base = bytes, Length = (nuint)payload.Length };
                NgPacketInfo info;
                length = Ngtcp2.WriteDatagram(
                    native.Handle, &path->Path, (int)Ngtcp2.Version1, &info, destination, room, &accepted, Ngtcp2.WriteMore, 0, &vector,
                    payload.Length == 0 ? 0u : 1u, now);
            }

            if (accepted != 0)
                _queue.TryTake(out _);
            switch (length)
            {
                case Ngtcp2.HasMoreRoom:
                    continue;
                case Ngtcp2.InvalidState or Ngtcp2.InvalidArgument:
                    Drop();
                    continue;
                case 0:
                    return null;
                default:
                    return length;
            }
        }

        return null;
    }

    private void Drop()
    {
        _queue.TryTake(out _);
        Interlocked.Increment(ref _dropped);
    }
}
