namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Collects the unobserved failures of tasks while it exists. They belong to the whole process, so only a process that runs nothing else
/// can attribute them.
/// </summary>
internal sealed class UnobservedFailures : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];

    public UnobservedFailures() => TaskScheduler.UnobservedTaskException += OnFailure;

    public IReadOnlyList<string> Collected()
    {
        // Twice, because an object that a finalizer releases may refer to the next one.
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
