namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Represents a part of a <see cref="Buffers.Block"/>. The slice does not hold a reference: its user must hold a reference to the block.
/// </summary>
/// <param name="Block">The block.</param>
/// <param name="Offset">The index of the first byte in the block.</param>
/// <param name="Length">The number of bytes, 0 or more.</param>
public readonly record struct BlockSlice(Block Block, int Offset, int Length)
{
    /// <summary>Gets the bytes of the slice.</summary>
    public ReadOnlySpan<byte> Span => Block.Span.Slice(Offset, Length);

    /// <summary>Gets the bytes of the slice.</summary>
    public ReadOnlyMemory<byte> Memory => Block.Memory.Slice(Offset, Length);
}
