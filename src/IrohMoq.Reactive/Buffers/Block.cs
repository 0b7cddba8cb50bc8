using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Represents pinned, reference-counted memory for the payloads of frames. The memory is used from the write or the receipt of a frame
/// until the cache, the readers and the transports have released it. Its address never changes, so native code can hold a pointer to it.
/// </summary>
/// <remarks>The bytes are written before the block is shared, and are never changed after that.</remarks>
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

    /// <summary>Gets the size of the block, in bytes. It is at least the requested size.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Gets all bytes of the block. Only a caller that holds a reference to the block may use them.</summary>
    public Memory<byte> Memory => _bytes;

    /// <summary>Gets all bytes of the block. Only a caller that holds a reference to the block may use them.</summary>
    public Span<byte> Span => _bytes;

    internal int SizeClass { get; }

    /// <summary>
    /// Gets or sets the next block of the chain that contains this block. Only the holder of the sole reference may use this property.
    /// </summary>
    internal Block? Next { get; set; }

    /// <summary>Gets the address of the first byte. It is valid while the caller holds a reference to the block.</summary>
    public unsafe byte* Address => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));

    /// <summary>Adds a reference to the block. The caller must already hold one.</summary>
    public void Retain()
    {
        var now = Interlocked.Increment(ref _references);
        if (now <= 1)
            throw new ObjectDisposedException(nameof(Block), "A block was retained without a reference to it.");
    }

    /// <summary>Releases a reference to the block. The release of the last reference returns the memory to its pool.</summary>
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
