using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Keeps the first packets of clients, in their order, until the I/O thread has time for them. A packet that finds no room is dropped; its
/// client sends it again. The clients of one network may use half of the room. This class is not thread-safe.
/// </summary>
/// <param name="capacity">The maximum number of packets.</param>
internal sealed class DeferredPackets(int capacity)
{
    /// <summary>The maximum length of a packet. The first packets of known implementations have 1,200 to 1,472 bytes.</summary>
    public const int MaxLength = 1500;

    /// <summary>The number of arrays that are kept for further packets.</summary>
    private const int MaxFree = 64;

    private readonly Queue<Packet> _waiting = new();
    private readonly Stack<byte[]> _free = new();

    public int Count => _waiting.Count;

    /// <summary>Adds a copy of a packet, unless there is no room or the packet is too long.</summary>
    /// <returns>False if the packet is dropped.</returns>
    public bool TryAdd(in NetworkPath path, ReadOnlySpan<byte> packet)
    {
        if (Count == capacity || packet.Length > MaxLength || CountOf(path.Remote.Network) >= (capacity + 1) / 2)
            return false;
        if (!_free.TryPop(out var bytes))
            bytes = new byte[MaxLength];
        packet.CopyTo(bytes);
        _waiting.Enqueue(new Packet(path, bytes, packet.Length));
        return true;
    }

    /// <summary>Removes the first packet and returns it.</summary>
    /// <param name="path">The path on which the packet has arrived.</param>
    /// <param name="packet">The packet, which is valid until the next call of <see cref="TryAdd"/>.</param>
    /// <returns>False if there is none.</returns>
    public bool TryTake(out NetworkPath path, out ReadOnlySpan<byte> packet)
    {
        path = default;
        packet = default;
        if (!_waiting.TryDequeue(out var first))
            return false;
        if (_free.Count < MaxFree)
            _free.Push(first.Bytes);
        path = first.Path;
        packet = first.Bytes.AsSpan(0, first.Length);
        return true;
    }

    private int CountOf(NetworkAddress network)
    {
        var count = 0;
        foreach (var packet in _waiting)
            count += packet.Path.Remote.Network == network ? 1 : 0;
        return count;
    }

    private readonly record struct Packet(NetworkPath Path, byte[] Bytes, int Length);
}
