using System.Numerics;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Represents a pool of memory blocks. The pool keeps returned blocks for reuse, up to a limit, in size classes that are powers of two. It
/// also counts the memory that is in use, but does not limit it.
/// </summary>
public sealed class BlockPool
{
    private const int SmallestClassBits = 8;
    private const int LargestKeptClassBits = 22;

    private readonly BlockStack[] _kept;
    private readonly long _maxKept;
    private long _keptBytes;
    private long _bytesOut;

    /// <summary>Initializes a new instance of the class with the maximum size of the blocks that are kept for reuse.</summary>
    /// <param name="mostKept">
    /// The maximum number of bytes that are kept for reuse. Blocks beyond that are left to the garbage collector.
    /// </param>
    public BlockPool(long mostKept = 64L << 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mostKept);
        _maxKept = mostKept;
        _kept = new BlockStack[LargestKeptClassBits - SmallestClassBits + 1];
        for (var i = 0; i < _kept.Length; i++)
            _kept[i] = new BlockStack();
    }

    /// <summary>Gets the pool that is used if no other pool is specified.</summary>
    public static BlockPool Shared { get; } = new();

    /// <summary>Gets the total size of all blocks in use, in bytes.</summary>
    public long BytesOut => Interlocked.Read(ref _bytesOut);

    /// <summary>Gets the total size of all blocks that are kept for reuse, in bytes.</summary>
    public long BytesKept => Interlocked.Read(ref _keptBytes);

    /// <summary>Returns a block with one reference, which the caller owns. The bytes of the block are not cleared.</summary>
    /// <param name="size">The required size, in bytes, 0 or more.</param>
    public Block Rent(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        var sizeClass = Math.Max(BitOperations.Log2((uint)Math.Max(size, 1) - 1) + 1, SmallestClassBits);
        Block? block = null;
        if (sizeClass <= LargestKeptClassBits && _kept[sizeClass - SmallestClassBits].TryPop(out block))
            Interlocked.Add(ref _keptBytes, -block.Capacity);
        var capacity = sizeClass <= LargestKeptClassBits ? 1 << sizeClass : size;
        block ??= new Block(this, sizeClass, GC.AllocateUninitializedArray<byte>(capacity, pinned: true));
        Interlocked.Add(ref _bytesOut, block.Capacity);
        block.Lend();
        return block;
    }

    internal void Return(Block block)
    {
        Interlocked.Add(ref _bytesOut, -block.Capacity);
        if (block.SizeClass > LargestKeptClassBits)
            return;
        if (Interlocked.Add(ref _keptBytes, block.Capacity) > _maxKept)
            Interlocked.Add(ref _keptBytes, -block.Capacity);
        else
            _kept[block.SizeClass - SmallestClassBits].Push(block);
    }
}
