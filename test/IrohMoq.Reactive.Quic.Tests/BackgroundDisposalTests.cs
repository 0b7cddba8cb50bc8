using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>A disposal that nothing awaits, and that fails, is in the log.</summary>
public sealed class BackgroundDisposalTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task Failure_IsLogged([Values] bool isLater, CancellationToken ct)
    {
        var (log, end) = (new Recorder(), new TaskCompletionSource());
        var fault = new InvalidOperationException("a fault");
        log.DisposeInBackground(new Resource(isLater ? end.Task : Task.FromException(fault)));
        Assert.That(log.First.IsCompleted, Is.Not.EqualTo(isLater));
        if (isLater)
            end.SetException(fault);
        Assert.That(await log.First.WaitAsync(ct), Is.EqualTo(("DisposeFault", "A Resource could not be disposed", fault)));
    }

    private sealed class Resource(Task disposal) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(disposal);
    }

    private sealed class Recorder : ILogger
    {
        private readonly TaskCompletionSource<(string? Name, string Text, Exception? Fault)> _first = new();

        public Task<(string? Name, string Text, Exception? Fault)> First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _first.TrySetResult((eventId.Name, formatter(state, exception), exception));
    }
}
