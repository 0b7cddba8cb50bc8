namespace IrohMoq.Reactive;

/// <summary>Enumerates the frames of one group in the pieces in which they arrive; disposing the enumerator releases the group.</summary>
internal sealed class ChunkReader(GroupConsumer group, CancellationToken cancellationToken)
    : GroupEnumerator<FrameChunk>(group, cancellationToken)
{
    protected override bool TryRead(out FrameChunk item) => Group.TryReadChunk(out item);

    protected override GroupEnumerator<FrameChunk> Again(CancellationToken cancellationToken) => new ChunkReader(Group, cancellationToken);
}
