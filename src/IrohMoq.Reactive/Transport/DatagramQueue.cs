using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Transport;

/// <summary>Represents a queue of datagrams with a limit of their number and of their bytes. This class is thread-safe.</summary>
internal sealed class DatagramQueue
{
    private const int MaxCount = 256;
    private const int MaxBytes = 256 << 10;

    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _items = new();
    private int _bytes;
    private int _count;

    /// <summary>Gets a value that indicates whether the queue is empty. The value may be outdated.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Gets the number of bytes of the datagrams. The value may be outdated.</summary>
    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>Adds a copy of a datagram.</summary>
    /// <returns>False if the queue is full.</returns>
    public bool TryAdd(ReadOnlySpan<byte> datagram)
    {
        lock (_gate)
        {
            if (_items.Count >= MaxCount || (_items.Count > 0 && _bytes + datagram.Length > MaxBytes))
                return false;
            Add(datagram);
            return true;
        }
    }

    /// <summary>Adds a copy of a datagram, after dropping the oldest ones if the queue is full.</summary>
    /// <returns>The number of datagrams that were dropped.</returns>
    public int AddDroppingOldest(ReadOnlySpan<byte> datagram)
    {
        lock (_gate)
        {
            var dropped = 0;
            for (; _items.Count >= MaxCount || (_items.Count > 0 && _bytes + datagram.Length > MaxBytes); dropped++)
                Remove();
            Add(datagram);
            return dropped;
        }
    }

    /// <summary>Returns the oldest datagram without removing it.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out byte[] datagram)
    {
        lock (_gate)
            return _items.TryPeek(out datagram);
    }

    /// <summary>Removes and returns the oldest datagram.</summary>
    public bool TryTake([MaybeNullWhen(false)] out byte[] datagram)
    {
        lock (_gate)
        {
            if (!_items.TryPeek(out datagram))
                return false;
            Remove();
            return true;
        }
    }

    /// <summary>Removes all datagrams.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _items.Clear();
            _bytes = 0;
            Volatile.Write(ref _count, 0);
        }
    }

    private void Add(ReadOnlySpan<byte> datagram)
    {
        _items.Enqueue(datagram.ToArray());
        _bytes += datagram.Length;
        Volatile.Write(ref _count, _items.Count);
    }

    private void Remove()
    {
        _bytes -= _items.Dequeue().Length;
        Volatile.Write(ref _count, _items.Count);
    }
}
