namespace IrohMoq.Reactive.Pipeline;

/// <summary>One subscriber's place in a <see cref="LaggingReplay{T}"/>: first what is replayed, then the ring from where it stood then.</summary>
internal abstract class ReplayCursor<T>(LaggingReplay<T> owner) : IDisposable
{
    private readonly Queue<T> _replayed = new();
    private long _next;

    protected LaggingReplay<T> Owner => owner;

    /// <summary>Under the owner's lock, before anybody else knows the cursor.</summary>
    public void Start(long next, IEnumerable<T> replayed)
    {
        _next = next;
        foreach (var item in replayed)
            _replayed.Enqueue(item);
    }

    public ReplayStep Next(out T item, out long skipped) => owner.Read(_replayed, ref _next, out item, out skipped);

    /// <summary>True if it delivers by itself, false if its reader has to ask.</summary>
    public abstract bool IsPushed { get; }

    /// <summary>There is something new.</summary>
    public abstract void Wake();

    public virtual void Dispose() => owner.Remove(this, ref _next);
}
