using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Pinned, reference-counted memory: what a frame's payload lives in, from the write or the receipt until the last
/// of the cache, the readers and the transports lets go. Its address never changes, so native code may point at it.
/// </summary>
/// <remarks>The bytes are written before the block is shared and never after that.</remarks>
public sealed class Block
{
    private readonly BlockPool _pool;
    private readonly byte[] _bytes;
    private int _references;

    internal Block(BlockPool pool, int sizeClass, byte[] pinned)
    {
        _pool = pool;
        SizeClass = sizeClass;
        _bytes = pinned;
    }

    /// <summary>How many bytes it has. At least what was asked for.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>All of its bytes. Only a holder of a reference may touch them.</summary>
    public Memory<byte> Memory => _bytes;

    /// <summary>All of its bytes. Only a holder of a reference may touch them.</summary>
    public Span<byte> Span => _bytes;

    internal int SizeClass { get; }

    /// <summary>The next block of the one chain that this block is in, for whoever keeps several and holds the only reference.</summary>
    internal Block? Next { get; set; }

    /// <summary>The address of the first byte: stable for as long as the caller holds a reference.</summary>
    public unsafe byte* Address => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));

    /// <summary>Takes one more reference. The caller must hold one already.</summary>
    public void Retain()
    {
        var now = Interlocked.Increment(ref _references);
        if (now <= 1)
            throw new ObjectDisposedException(nameof(Block), "A block was retained by someone who held no reference to it.");
    }

    /// <summary>Gives one reference back; the last one returns the memory to its pool.</summary>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "A block was released more often than retained.");
        if (left == 0)
            _pool.Return(this);
    }

    internal void Lend()
    {
        Debug.Assert(_references == 0, "A block in the pool is still referenced.");
        Volatile.Write(ref _references, 1);
    }
}
