using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A cursor that stands still until its reader asks for the next item.</summary>
internal sealed class PullCursor<T>(LaggingReplay<T> owner, Runtime runtime) : ReplayCursor<T>(owner)
{
    private readonly Signal _more = new(runtime);

    public override bool IsPushed => false;

    public override void Wake() => _more.Set();

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>What ended the stream, or null for a normal end.</summary>
    public Exception? Fault() => Owner.Fault();
}
