using System.Numerics;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Where blocks come from and go back to. It keeps what came back, up to a bound, in classes of powers of two,
/// and counts what is out: the byte budget of everything that holds frames.
/// </summary>
public sealed class BlockPool
{
    private const int SmallestClassBits = 8;
    private const int LargestKeptClassBits = 22;

    private readonly BlockStack[] _kept;
    private readonly long _mostKept;
    private long _keptBytes;
    private long _bytesOut;

    /// <summary>Creates a pool.</summary>
    /// <param name="mostKept">How many bytes it keeps for reuse at most; what comes back beyond that is left to the collector.</param>
    public BlockPool(long mostKept = 64L << 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mostKept);
        _mostKept = mostKept;
        _kept = new BlockStack[LargestKeptClassBits - SmallestClassBits + 1];
        for (var i = 0; i < _kept.Length; i++)
            _kept[i] = new BlockStack();
    }

    /// <summary>The pool that everything shares unless it is given another.</summary>
    public static BlockPool Shared { get; } = new();

    /// <summary>Bytes in blocks that somebody holds a reference to.</summary>
    public long BytesOut => Interlocked.Read(ref _bytesOut);

    /// <summary>Bytes in blocks that are kept for reuse.</summary>
    public long BytesKept => Interlocked.Read(ref _keptBytes);

    /// <summary>A block with one reference, the caller's. Its bytes hold whatever they held before.</summary>
    /// <param name="size">How many bytes are needed, 0 or more.</param>
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
        if (Interlocked.Add(ref _keptBytes, block.Capacity) > _mostKept)
            Interlocked.Add(ref _keptBytes, -block.Capacity);
        else
            _kept[block.SizeClass - SmallestClassBits].Push(block);
    }
}
