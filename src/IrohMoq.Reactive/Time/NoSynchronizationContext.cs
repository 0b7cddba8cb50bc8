namespace IrohMoq.Reactive.Time;

/// <summary>
/// Removes the current <see cref="SynchronizationContext"/> of the thread until this value is disposed on the same thread.
/// </summary>
internal readonly struct NoSynchronizationContext : IDisposable
{
    private readonly SynchronizationContext? _context;

    private NoSynchronizationContext(SynchronizationContext? context) => _context = context;

    public static NoSynchronizationContext Enter()
    {
        var context = SynchronizationContext.Current;
        if (context is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        return new NoSynchronizationContext(context);
    }

    public void Dispose()
    {
        if (_context is not null)
            SynchronizationContext.SetSynchronizationContext(_context);
    }
}
