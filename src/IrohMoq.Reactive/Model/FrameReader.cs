namespace IrohMoq.Reactive;

/// <summary>Enumerates the frames of one group; disposing the enumerator releases the group.</summary>
internal sealed class FrameReader(GroupConsumer group, CancellationToken cancellationToken)
    : GroupEnumerator<Frame>(group, cancellationToken)
{
    protected override bool TryRead(out Frame item) => Group.TryReadFrame(out item);

    protected override GroupEnumerator<Frame> Again(CancellationToken cancellationToken) => new FrameReader(Group, cancellationToken);
}
