using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive.Buffers;

/// <summary>
/// Blocks of one size, last in first out, so that the ones still in the processor's cache go out first. Any thread; putting one back
/// allocates nothing.
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
