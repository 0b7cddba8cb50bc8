namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Generates the numbers that identify calls, dials, connections, sessions and broadcasts in the manager's state. This type is
/// thread-safe.
/// </summary>
internal sealed class Numbers
{
    private long _last;

    /// <summary>Returns the next unused number, starting with 1.</summary>
    public long Next() => Interlocked.Increment(ref _last);
}
