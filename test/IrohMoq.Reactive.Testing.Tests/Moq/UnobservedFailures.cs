namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// The failures of tasks that nobody looked at, while it lives. They are the whole process's: only a process that runs nothing else can
/// tell whose they are.
/// </summary>
internal sealed class UnobservedFailures : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];

    public UnobservedFailures() => TaskScheduler.UnobservedTaskException += OnFailure;

    public IReadOnlyList<string> Collected()
    {
        // Twice: what a finalizer frees may hold the next one.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        lock (_gate)
            return [.. _failures];
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= OnFailure;

    private void OnFailure(object? sender, UnobservedTaskExceptionEventArgs failure)
    {
        lock (_gate)
            _failures.Add(failure.Exception.ToString());
    }
}
