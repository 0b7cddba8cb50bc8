namespace IrohMoq.Reactive.Time;

/// <summary>Provides delays and time limits on the clock of a <see cref="Runtime"/>.</summary>
public static class RuntimeExtensions
{
    /// <summary>Waits for a period of time.</summary>
    /// <param name="runtime">The runtime whose clock measures the time.</param>
    /// <param name="time">The time to wait. If it is zero or less, the method returns immediately.</param>
    /// <param name="cancellationToken">A token that ends the wait early with an <see cref="OperationCanceledException"/>.</param>
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

    /// <summary>Returns an object with a token that is canceled after a period of time, or when the caller's token is canceled.</summary>
    /// <param name="runtime">The runtime whose clock measures the time.</param>
    /// <param name="time">The time limit, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <remarks>Dispose the result; otherwise its timer is kept until it is due.</remarks>
    public static TimeLimit Limit(this Runtime runtime, TimeSpan time, CancellationToken cancellationToken = default) =>
        new(runtime, time, cancellationToken);

    /// <summary>Queues a callback, which runs later and never on the caller's stack.</summary>
    /// <param name="runtime">The runtime on which the callback runs.</param>
    /// <param name="action">The callback. It must not throw.</param>
    public static void Post(this Runtime runtime, Action action) => runtime.Post(new ActionItem(action));

    private sealed class ActionItem(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
