namespace IrohMoq.Reactive.Buffers;

/// <summary>A part of a <see cref="Buffers.Block"/>. It is only a view: its user must hold a reference to the block.</summary>
/// <param name="Block">The block.</param>
/// <param name="Offset">The index of the first byte.</param>
/// <param name="Length">The number of bytes, 0 or more.</param>
public readonly record struct BlockSlice(Block Block, int Offset, int Length)
{
    /// <summary>Gets the bytes.</summary>
    public ReadOnlySpan<byte> Span => Block.Span.Slice(Offset, Length);

    /// <summary>Gets the bytes.</summary>
    public ReadOnlyMemory<byte> Memory => Block.Memory.Slice(Offset, Length);
}
