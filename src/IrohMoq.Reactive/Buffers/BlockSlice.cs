namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// A run of bytes in a <see cref="Buffers.Block"/>. It is only a view: whoever keeps one must hold a reference to the block.
/// </summary>
/// <param name="Block">The block.</param>
/// <param name="Offset">The first byte, from 0.</param>
/// <param name="Length">How many bytes, 0 or more.</param>
public readonly record struct BlockSlice(Block Block, int Offset, int Length)
{
    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => Block.Span.Slice(Offset, Length);

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => Block.Memory.Slice(Offset, Length);
}
