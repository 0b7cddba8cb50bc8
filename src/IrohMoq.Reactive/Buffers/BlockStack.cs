using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Represents a stack of blocks of one size. The block that was returned last is reused first, because it may still be in the processor's
/// cache. This type is thread-safe, and returning a block rarely allocates memory.
/// </summary>
internal sealed class BlockStack
{
    private readonly Lock _gate = new();
    private Block[] _blocks = new Block[16];
    private int _count;

    public void Push(Block block)
    {
        lock (_gate)
        {
            if (_count == _blocks.Length)
                Array.Resize(ref _blocks, _count * 2);
            _blocks[_count++] = block;
        }
    }

    public bool TryPop([NotNullWhen(true)] out Block? block)
    {
        lock (_gate)
        {
            block = _count > 0 ? _blocks[--_count] : null;
            return block is not null;
        }
    }
}
