namespace IrohMoq.Reactive.Connections;

/// <summary>
/// The numbers by which the manager's state knows calls, dials, connections, sessions and broadcasts. This type is thread-safe.
/// </summary>
internal sealed class Numbers
{
    private long _last;

    /// <summary>Returns a number that was not returned before, starting with 1.</summary>
    public long Next() => Interlocked.Increment(ref _last);
}
