namespace IrohMoq.Reactive.Time;

/// <summary>Delays and timeouts made of a <see cref="Signal"/> and a timer of <see cref="Runtime"/>.</summary>
public static class RuntimeExtensions
{
    /// <summary>Waits for a span of time on this clock.</summary>
    /// <param name="runtime">The clock.</param>
    /// <param name="time">How long; zero or less returns at once.</param>
    /// <param name="cancellationToken">Ends the wait early with <see cref="OperationCanceledException"/>.</param>
    public static async ValueTask DelayAsync(this Runtime runtime, TimeSpan time, CancellationToken cancellationToken = default)
    {
        var from = runtime.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var left = time - runtime.GetElapsedTime(from);
            if (left <= TimeSpan.Zero)
                return;

            var due = new Signal(runtime);
            var timer = runtime.CreateTimer(static state => ((Signal)state!).Set(), due, left, Timeout.InfiniteTimeSpan);
            await using (timer.ConfigureAwait(false))
                await due.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A source that is canceled after a span of time on this clock, or when one of the tokens is.</summary>
    /// <param name="runtime">The clock.</param>
    /// <param name="time">How long, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Cancels it earlier.</param>
    /// <remarks>Dispose it, or its timer lives until it is due.</remarks>
    public static TimeLimit Limit(this Runtime runtime, TimeSpan time, CancellationToken cancellationToken = default) =>
        new(runtime, time, cancellationToken);

    /// <summary>Posts a callback to a turn of its own.</summary>
    /// <param name="runtime">Where it runs.</param>
    /// <param name="action">What runs. It must not throw.</param>
    public static void Post(this Runtime runtime, Action action) => runtime.Post(new ActionItem(action));

    private sealed class ActionItem(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
